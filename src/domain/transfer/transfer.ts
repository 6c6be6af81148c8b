import type { Circumstances } from '../account/account-command.ts';
import type { NewEvent, Remarks } from '../account/account-event.ts';
import { type AccountId, streamIdOf } from '../account/account-id.ts';
import type { Account } from '../account/account-state.ts';
import { remarksOf } from '../account/decide.ts';
import {
  mustAfford,
  mustExist,
  mustHaveHappened,
  mustHaveRoomFor,
  mustHold,
  mustNotBeClosed,
  mustNotBeFrozen,
  mustNotPrecedeOpening,
} from '../account/guards.ts';
import { DomainError } from '../domain-error.ts';
import type { Money } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type { TransferId } from './transfer-id.ts';

export type TransferMoney = Remarks & {
  readonly type: 'TransferMoney';
  readonly transferId: TransferId;
  readonly fromAccountId: AccountId;
  readonly toAccountId: AccountId;
  readonly money: Money;
  readonly effectiveAt?: Instant;
};

/**
 * Both legs of a transfer, the debit first. Each rule is asked of the debited account, then of the credited one.
 * Rejects with SAME_ACCOUNT, ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_FROZEN, CURRENCY_MISMATCH, EFFECTIVE_IN_FUTURE,
 * EFFECTIVE_BEFORE_OPENING, INSUFFICIENT_FUNDS, BALANCE_LIMIT_EXCEEDED, in this order.
 */
export const transfer = (
  command: TransferMoney,
  accounts: { readonly from: Account; readonly to: Account },
  { recordedAt, eventIds }: Circumstances,
): readonly [NewEvent, NewEvent] => {
  const { transferId, fromAccountId, toAccountId, money } = command;
  const effectiveAt = command.effectiveAt ?? recordedAt;
  if (fromAccountId === toAccountId) throw new DomainError('SAME_ACCOUNT', { accountId: fromAccountId });
  const from = mustExist(accounts.from, fromAccountId);
  const to = mustExist(accounts.to, toAccountId);
  const both = [from, to];
  both.forEach(mustNotBeClosed);
  both.forEach(mustNotBeFrozen);
  both.forEach((account) => mustHold(account, money.currency));
  mustHaveHappened(effectiveAt, recordedAt);
  both.forEach((account) => mustNotPrecedeOpening(account, effectiveAt));
  mustAfford(from, money.amount);
  mustHaveRoomFor(to, money.amount);
  const common = { transferId, ...money, ...remarksOf(command) };
  const [sentId, receivedId] = eventIds;
  return [
    {
      type: 'TransferSent',
      data: { ...common, toAccountId, counterpartEventId: receivedId },
      eventId: sentId,
      streamId: streamIdOf(fromAccountId),
      effectiveAt,
    },
    {
      type: 'TransferReceived',
      data: { ...common, fromAccountId, counterpartEventId: sentId },
      eventId: receivedId,
      streamId: streamIdOf(toAccountId),
      effectiveAt,
    },
  ];
};
