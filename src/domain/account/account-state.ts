import type { HoldId } from '../hold/hold-id.ts';
import type { Currency } from '../money/currency.ts';
import { add, type MinorUnits, subtract } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type { Metadata } from './account-event.ts';
import type { AccountId } from './account-id.ts';

export type AccountStatus = 'active' | 'frozen' | 'closed';

/** An amount that is reserved: nobody can debit it but by capturing it. */
export type OpenHold = {
  readonly holdId: HoldId;
  readonly amount: MinorUnits;
  /** From this moment on it can only expire; undefined: it stays until it is captured or released. */
  readonly expiresAt?: Instant;
};

/** Shared by all accounts without one: most never have any. */
export const NO_HOLDS: readonly OpenHold[] = [];

/** An account that exists: everything that its events say about it. */
export type OpenedAccount = {
  readonly status: AccountStatus;
  readonly accountId: AccountId;
  readonly ownerId: string;
  readonly currency: Currency;
  readonly ledgerBalance: MinorUnits;
  /** The sum of its open holds. */
  readonly heldAmount: MinorUnits;
  readonly holds: readonly OpenHold[];
  readonly overdraftLimit: MinorUnits;
  /** Nothing may be effective before this. */
  readonly openedAt: Instant;
  /** The latest value date booked so far: an entry that counts earlier is back-dated. */
  readonly latestEffectiveAt: Instant;
  readonly recordedAt: Instant;
  readonly version: number;
  readonly metadata?: Metadata;
};

export type Account = { readonly status: 'unopened' } | OpenedAccount;

export const initialState = (): Account => ({ status: 'unopened' });

export const isOpened = (account: Account): account is OpenedAccount => account.status !== 'unopened';

/** How many events the account has, which is also the version of the last one; 0 before the first. */
export const versionOf = (account: Account): number => (isOpened(account) ? account.version : 0);

/** What may still be debited: ledger balance − held + agreed overdraft (ISO 20022: CLAV/ITAV). */
export const availableBalance = (account: OpenedAccount): MinorUnits =>
  add(subtract(account.ledgerBalance, account.heldAmount), account.overdraftLimit);
