import type { Circumstances } from '../account/account-command.ts';
import type { NewEvent, RecordedEvent, Reversal, ReversibleType } from '../account/account-event.ts';
import { accountIdOf, streamIdOf, type AccountId } from '../account/account-id.ts';
import type { Account } from '../account/account-state.ts';
import { isCredit } from '../account/evolve.ts';
import { mustAfford, mustExist, mustHaveRoomFor, mustNotBeClosed, mustNotBeFrozen } from '../account/guards.ts';
import { DomainError } from '../domain-error.ts';
import { add, type MinorUnits, subtract } from '../money/money.ts';

/** An event that moved money, and so can be taken back. */
export type ReversibleEvent = RecordedEvent & { readonly type: ReversibleType };

export type ReverseTransaction = {
  readonly type: 'ReverseTransaction';
  /** The event to take back. Events never change, so it is part of the command. */
  readonly original: ReversibleEvent;
  /** How much of it; left out: all that has not been taken back yet. */
  readonly amount?: MinorUnits;
  readonly reason: string;
};

/** Rejects with NOT_REVERSIBLE: only deposits, withdrawals, captures of holds and transfers can be reversed, and a reversal cannot. */
export const mustBeReversible = (event: RecordedEvent): ReversibleEvent => {
  switch (event.type) {
    case 'MoneyDeposited':
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
    case 'TransferSent':
    case 'TransferReceived':
      return event;
    default:
      throw new DomainError('NOT_REVERSIBLE', { eventId: event.eventId, eventType: event.type });
  }
};

/** One event to take back: its own event, its account, which way it went. A transfer has two, the named one first. */
type Leg = {
  readonly accountId: AccountId;
  readonly originalEventId: RecordedEvent['eventId'];
  readonly originalType: ReversibleType;
};

/** The events that a reversal takes back together: one, or both legs of a transfer, the one that was named first. */
export const legsOf = (original: ReversibleEvent): readonly Leg[] => {
  const named: Leg = {
    accountId: accountIdOf(original.streamId),
    originalEventId: original.eventId,
    originalType: original.type,
  };
  switch (original.type) {
    case 'TransferSent':
      return [named, counterpart(original.data.toAccountId, original.data.counterpartEventId, 'TransferReceived')];
    case 'TransferReceived':
      return [named, counterpart(original.data.fromAccountId, original.data.counterpartEventId, 'TransferSent')];
    default:
      return [named];
  }
};

const counterpart = (
  accountId: AccountId,
  originalEventId: Leg['originalEventId'],
  originalType: ReversibleType,
): Leg => ({
  accountId,
  originalEventId,
  originalType,
});

/** Rejects with REVERSAL_EXCEEDS_ORIGINAL. */
const amountToReverse = ({ original, amount }: ReverseTransaction, reversedTotal: MinorUnits): MinorUnits => {
  const remaining = subtract(original.data.amount, reversedTotal);
  const wanted = amount ?? remaining;
  if (wanted <= 0n || wanted > remaining) {
    throw new DomainError('REVERSAL_EXCEEDS_ORIGINAL', { eventId: original.eventId, remaining: remaining.toString() });
  }
  return wanted;
};

/**
 * A TransactionReversed for each leg, the named one first. `reversedTotal` is what was taken back of the original before.
 * Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_FROZEN, REVERSAL_EXCEEDS_ORIGINAL, INSUFFICIENT_FUNDS,
 * BALANCE_LIMIT_EXCEEDED, in this order.
 */
export const reverse = (
  command: ReverseTransaction,
  known: { readonly accountOf: (accountId: AccountId) => Account; readonly reversedTotal: MinorUnits },
  { recordedAt, eventIds }: Circumstances,
): readonly NewEvent[] => {
  const { original, reason } = command;
  const legs = legsOf(original).map((leg) => ({
    ...leg,
    account: mustExist(known.accountOf(leg.accountId), leg.accountId),
  }));
  legs.forEach(({ account }) => mustNotBeClosed(account));
  legs.forEach(({ account }) => mustNotBeFrozen(account));
  const amount = amountToReverse(command, known.reversedTotal);
  const debited = legs.filter((leg) => isCredit(leg.originalType));
  const credited = legs.filter((leg) => !isCredit(leg.originalType));
  debited.forEach(({ account }) => mustAfford(account, amount));
  credited.forEach(({ account }) => mustHaveRoomFor(account, amount));
  const common: Omit<Reversal, 'originalEventId' | 'originalType'> = {
    originalAmount: original.data.amount,
    reversedTotal: add(known.reversedTotal, amount),
    reason,
    ...('transferId' in original.data && { transferId: original.data.transferId }),
  };
  return legs.map((leg, index) => ({
    type: 'TransactionReversed',
    data: {
      originalEventId: leg.originalEventId,
      originalType: leg.originalType,
      amount,
      currency: original.data.currency,
      ...common,
    },
    eventId: index === 0 ? eventIds[0] : eventIds[1],
    streamId: streamIdOf(leg.accountId),
    effectiveAt: recordedAt,
  }));
};
