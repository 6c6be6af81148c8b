import { assertNever } from '../assert-never.ts';
import { add, type MinorUnits, negate, NO_MONEY } from '../money/money.ts';
import { latest } from '../time/instant.ts';
import type { AccountEvent, RecordedEvent } from './account-event.ts';
import { type Account, isOpened, type OpenedAccount } from './account-state.ts';

/** Counts up whenever `evolve` gives another state for the same events: snapshots of another version are not used. */
export const FOLD_VERSION = 1;

/** The signed amount that an event books to its account, or undefined where it books nothing. */
export const postingOf = (event: AccountEvent): MinorUnits | undefined => {
  switch (event.type) {
    case 'MoneyDeposited':
    case 'TransferReceived':
      return event.data.amount;
    case 'MoneyWithdrawn':
    case 'TransferSent':
      return negate(event.data.amount);
    case 'TransactionReversed':
      return isCredit(event.data.originalType) ? negate(event.data.amount) : event.data.amount;
    case 'AccountOpened':
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
  overdraftLimit: event.data.overdraftLimit,
  openedAt: event.effectiveAt,
  latestEffectiveAt: event.effectiveAt,
  recordedAt: event.recordedAt,
  version: event.version,
  ...(event.data.metadata && { metadata: event.data.metadata }),
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
    default: {
      const posting = postingOf(event);
      if (posting === undefined) return next;
      next.ledgerBalance = add(account.ledgerBalance, posting);
      next.latestEffectiveAt = latest(account.latestEffectiveAt, event.effectiveAt);
      return next;
    }
  }
};

/** Folds one recorded event into the account. History happened: this never refuses and never computes a rule. */
export const evolve = (account: Account, event: RecordedEvent): Account => {
  if (event.type === 'AccountOpened') return open(event);
  return isOpened(account) ? applyTo(account, event) : account;
};
