import { assertNever } from '../assert-never.ts';
import type { HoldId } from '../hold/hold-id.ts';
import { add, type MinorUnits, negate, NO_MONEY, subtract } from '../money/money.ts';
import { latest } from '../time/instant.ts';
import { instantOf } from '../time/time-text.ts';
import type { AccountEvent, RecordedEvent } from './account-event.ts';
import { type Account, isOpened, NO_HOLDS, type OpenedAccount, type OpenHold } from './account-state.ts';

/** Counts up whenever the same events give another state, or the same state another snapshot: those of another version are not used. */
export const FOLD_VERSION = 3;

/** The signed amount that an event books to its account, or undefined where it books nothing. */
export const postingOf = (event: AccountEvent): MinorUnits | undefined => {
  switch (event.type) {
    case 'MoneyDeposited':
    case 'TransferReceived':
      return event.data.amount;
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
    case 'TransferSent':
      return negate(event.data.amount);
    case 'TransactionReversed':
      return isCredit(event.data.originalType) ? negate(event.data.amount) : event.data.amount;
    case 'AccountOpened':
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'HoldExpired':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitChanged':
    case 'AccountClosed':
      return undefined;
    default:
      return assertNever(event);
  }
};

export const isCredit = (type: AccountEvent['type']): boolean =>
  type === 'MoneyDeposited' || type === 'TransferReceived';

const open = (event: RecordedEvent & { type: 'AccountOpened' }): OpenedAccount => ({
  status: 'active',
  accountId: event.data.accountId,
  ownerId: event.data.ownerId,
  currency: event.data.currency,
  ledgerBalance: NO_MONEY,
  heldAmount: NO_MONEY,
  holds: NO_HOLDS,
  overdraftLimit: event.data.overdraftLimit,
  openedAt: event.effectiveAt,
  latestEffectiveAt: event.effectiveAt,
  recordedAt: event.recordedAt,
  version: event.version,
  ...(event.data.metadata && { metadata: event.data.metadata }),
});

type Draft = { -readonly [Member in keyof OpenedAccount]: OpenedAccount[Member] };

/** With what the event books, where it books something. */
const booked = (next: Draft, event: RecordedEvent): OpenedAccount => {
  const posting = postingOf(event);
  // Stryker disable next-line ConditionalExpression: every event that comes here books; the compiler cannot know
  if (posting === undefined) return next;
  next.ledgerBalance = add(next.ledgerBalance, posting);
  next.latestEffectiveAt = latest(next.latestEffectiveAt, event.effectiveAt);
  return next;
};

const holdOf = ({ holdId, amount, expiresAt }: (AccountEvent & { type: 'HoldPlaced' })['data']): OpenHold => ({
  holdId,
  amount,
  ...(expiresAt !== undefined && { expiresAt: instantOf(expiresAt) }),
});

const withHold = (account: OpenedAccount, hold: OpenHold): OpenedAccount => ({
  ...account,
  heldAmount: add(account.heldAmount, hold.amount),
  holds: [...account.holds, hold],
});

const withoutHold = (account: OpenedAccount, ended: HoldId, amount: MinorUnits): OpenedAccount => ({
  ...account,
  heldAmount: subtract(account.heldAmount, amount),
  holds: account.holds.filter(({ holdId }) => holdId !== ended),
});

const applyTo = (account: OpenedAccount, event: RecordedEvent): OpenedAccount => {
  const next = { ...account, recordedAt: event.recordedAt, version: event.version };
  switch (event.type) {
    case 'AccountFrozen':
      return { ...next, status: 'frozen' };
    case 'AccountUnfrozen':
      return { ...next, status: 'active' };
    case 'AccountClosed':
      return { ...next, status: 'closed' };
    case 'OverdraftLimitChanged':
      return { ...next, overdraftLimit: event.data.overdraftLimit };
    case 'HoldPlaced':
      return withHold(next, holdOf(event.data));
    case 'HoldReleased':
    case 'HoldExpired':
      return withoutHold(next, event.data.holdId, event.data.amount);
    case 'HoldCaptured':
      return withoutHold(booked(next, event), event.data.holdId, event.data.holdAmount);
    default:
      return booked(next, event);
  }
};

/** Folds one recorded event into the account. History happened: this never refuses and never computes a rule. */
export const evolve = (account: Account, event: RecordedEvent): Account => {
  if (event.type === 'AccountOpened') return open(event);
  return isOpened(account) ? applyTo(account, event) : account;
};
