import { assertNever } from '../assert-never.ts';
import { DomainError } from '../domain-error.ts';
import { availableBalance } from './account-state.ts';
import { add, isWithinLimit, LARGEST_AMOUNT } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type {
  AccountCommand,
  ChangeOverdraftLimit,
  Circumstances,
  CloseAccount,
  DepositMoney,
  FreezeAccount,
  OpenAccount,
  UnfreezeAccount,
  WithdrawMoney,
} from './account-command.ts';
import type { AccountEvent, NewEvent, Remarks } from './account-event.ts';
import { type AccountId, streamIdOf } from './account-id.ts';
import { type Account, isOpened, type OpenedAccount } from './account-state.ts';
import {
  mustAfford,
  mustExist,
  mustHaveHappened,
  mustHaveRoomFor,
  mustHold,
  mustNotBeClosed,
  mustNotBeFrozen,
  mustNotPrecedeOpening,
} from './guards.ts';

type Rule<Command> = (command: Command, account: Account, circumstances: Circumstances) => readonly NewEvent[];

/** One or two facts about one account, effective at the same moment, as new events. */
export const happened = (
  { accountId, effectiveAt }: { accountId: AccountId; effectiveAt: Instant },
  { eventIds }: Circumstances,
  first: AccountEvent,
  second?: AccountEvent,
): readonly NewEvent[] => {
  const streamId = streamIdOf(accountId);
  const event: NewEvent = { ...first, eventId: eventIds[0], streamId, effectiveAt };
  return second ? [event, { ...second, eventId: eventIds[1], streamId, effectiveAt }] : [event];
};

/** What the client said beside the amount, without the members it left out. */
export const remarksOf = ({ reference, metadata }: Remarks): Remarks => ({
  ...(reference !== undefined && { reference }),
  ...(metadata !== undefined && { metadata }),
});

/** Rejects with ACCOUNT_ALREADY_EXISTS, EFFECTIVE_IN_FUTURE, BALANCE_LIMIT_EXCEEDED, in this order. */
const open: Rule<OpenAccount> = (command, account, circumstances) => {
  const { accountId, ownerId, currency, overdraftLimit, initialDeposit, metadata } = command;
  if (isOpened(account)) throw new DomainError('ACCOUNT_ALREADY_EXISTS', { accountId });
  const effectiveAt = command.effectiveAt ?? circumstances.recordedAt;
  mustHaveHappened(effectiveAt, circumstances.recordedAt);
  const data = { accountId, ownerId, currency, overdraftLimit, ...(metadata && { metadata }) };
  const opened: AccountEvent = { type: 'AccountOpened', data };
  if (!initialDeposit) return happened({ accountId, effectiveAt }, circumstances, opened);
  if (initialDeposit.amount + overdraftLimit > LARGEST_AMOUNT) {
    throw new DomainError('BALANCE_LIMIT_EXCEEDED', { accountId });
  }
  const deposited: AccountEvent = { type: 'MoneyDeposited', data: { ...initialDeposit, currency } };
  return happened({ accountId, effectiveAt }, circumstances, opened, deposited);
};

/**
 * What every deposit and withdrawal must pass first. Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_FROZEN,
 * CURRENCY_MISMATCH, EFFECTIVE_IN_FUTURE, EFFECTIVE_BEFORE_OPENING, in this order.
 */
const mustTake = (
  command: DepositMoney | WithdrawMoney,
  account: Account,
  { recordedAt }: Circumstances,
): OpenedAccount & { readonly effectiveAt: Instant } => {
  const opened = mustExist(account, command.accountId);
  const effectiveAt = command.effectiveAt ?? recordedAt;
  mustNotBeClosed(opened);
  mustNotBeFrozen(opened);
  mustHold(opened, command.money.currency);
  mustHaveHappened(effectiveAt, recordedAt);
  mustNotPrecedeOpening(opened, effectiveAt);
  return { ...opened, effectiveAt };
};

/** Rejects as `mustTake` does, then with BALANCE_LIMIT_EXCEEDED. */
const deposit: Rule<DepositMoney> = (command, account, circumstances) => {
  const opened = mustTake(command, account, circumstances);
  mustHaveRoomFor(opened, command.money.amount);
  const data = {
    ...command.money,
    ...remarksOf(command),
    ...(command.source !== undefined && { source: command.source }),
  };
  return happened(opened, circumstances, { type: 'MoneyDeposited', data });
};

/** Rejects as `mustTake` does, then with INSUFFICIENT_FUNDS. */
const withdraw: Rule<WithdrawMoney> = (command, account, circumstances) => {
  const opened = mustTake(command, account, circumstances);
  mustAfford(opened, command.money.amount);
  const { destination } = command;
  const data = { ...command.money, ...remarksOf(command), ...(destination !== undefined && { destination }) };
  return happened(opened, circumstances, { type: 'MoneyWithdrawn', data });
};

export const now = ({ accountId }: OpenedAccount, { recordedAt }: Circumstances): Parameters<typeof happened>[0] => ({
  accountId,
  effectiveAt: recordedAt,
});

/** Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_FROZEN, in this order. */
const freeze: Rule<FreezeAccount> = ({ accountId, reason }, account, circumstances) => {
  const opened = mustExist(account, accountId);
  mustNotBeClosed(opened);
  mustNotBeFrozen(opened);
  return happened(now(opened, circumstances), circumstances, { type: 'AccountFrozen', data: { reason } });
};

/** Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_NOT_FROZEN, in this order. */
const unfreeze: Rule<UnfreezeAccount> = ({ accountId, reason }, account, circumstances) => {
  const opened = mustExist(account, accountId);
  mustNotBeClosed(opened);
  if (opened.status !== 'frozen') throw new DomainError('ACCOUNT_NOT_FROZEN', { accountId });
  return happened(now(opened, circumstances), circumstances, { type: 'AccountUnfrozen', data: { reason } });
};

/** A frozen account may be closed: nothing moves. Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, ACCOUNT_NOT_EMPTY, in this order. */
const close: Rule<CloseAccount> = ({ accountId, reason }, account, circumstances) => {
  const opened = mustExist(account, accountId);
  mustNotBeClosed(opened);
  if (opened.ledgerBalance !== 0n || opened.heldAmount !== 0n) {
    throw new DomainError('ACCOUNT_NOT_EMPTY', { accountId });
  }
  return happened(now(opened, circumstances), circumstances, { type: 'AccountClosed', data: { reason } });
};

/** Rejects with ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, OVERDRAFT_IN_USE, BALANCE_LIMIT_EXCEEDED, in this order. */
const changeOverdraftLimit: Rule<ChangeOverdraftLimit> = ({ accountId, overdraftLimit }, account, circumstances) => {
  const opened = mustExist(account, accountId);
  mustNotBeClosed(opened);
  const available = availableBalance({ ...opened, overdraftLimit });
  // A lower limit must not leave an account below it: "no account below its limit" is then true at every version.
  if (available < 0n && overdraftLimit < opened.overdraftLimit)
    throw new DomainError('OVERDRAFT_IN_USE', { accountId });
  // Of what is available when every hold has ended, too.
  if (!isWithinLimit(add(opened.ledgerBalance, overdraftLimit)))
    throw new DomainError('BALANCE_LIMIT_EXCEEDED', { accountId });
  const data = { overdraftLimit, currency: opened.currency };
  return happened(now(opened, circumstances), circumstances, { type: 'OverdraftLimitChanged', data });
};

/** Every rule about one account: given the command and the account, the facts, or a DomainError. */
export const decide: Rule<AccountCommand> = (command, account, circumstances) => {
  switch (command.type) {
    case 'OpenAccount':
      return open(command, account, circumstances);
    case 'DepositMoney':
      return deposit(command, account, circumstances);
    case 'WithdrawMoney':
      return withdraw(command, account, circumstances);
    case 'FreezeAccount':
      return freeze(command, account, circumstances);
    case 'UnfreezeAccount':
      return unfreeze(command, account, circumstances);
    case 'CloseAccount':
      return close(command, account, circumstances);
    case 'ChangeOverdraftLimit':
      return changeOverdraftLimit(command, account, circumstances);
    default:
      return assertNever(command);
  }
};
