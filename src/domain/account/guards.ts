import { DomainError } from '../domain-error.ts';
import type { Currency } from '../money/currency.ts';
import { add, isWithinLimit, type MinorUnits } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type { AccountId } from './account-id.ts';
import { type Account, availableBalance, isOpened, type OpenedAccount } from './account-state.ts';

/** Rejects with ACCOUNT_NOT_FOUND. */
export const mustExist = (account: Account, accountId: AccountId): OpenedAccount => {
  if (!isOpened(account)) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
  return account;
};

/** Rejects with ACCOUNT_CLOSED. */
export const mustNotBeClosed = (account: OpenedAccount): void => {
  if (account.status === 'closed') throw new DomainError('ACCOUNT_CLOSED', { accountId: account.accountId });
};

/** Rejects with ACCOUNT_FROZEN. */
export const mustNotBeFrozen = (account: OpenedAccount): void => {
  if (account.status === 'frozen') throw new DomainError('ACCOUNT_FROZEN', { accountId: account.accountId });
};

/** Rejects with CURRENCY_MISMATCH. */
export const mustHold = (account: OpenedAccount, currency: Currency): void => {
  if (account.currency === currency) return;
  const details = { accountId: account.accountId, accountCurrency: account.currency, currency };
  throw new DomainError('CURRENCY_MISMATCH', details);
};

/** Rejects with EFFECTIVE_IN_FUTURE. */
export const mustHaveHappened = (effectiveAt: Instant, recordedAt: Instant): void => {
  if (effectiveAt > recordedAt) throw new DomainError('EFFECTIVE_IN_FUTURE');
};

/** Rejects with EFFECTIVE_BEFORE_OPENING. */
export const mustNotPrecedeOpening = (account: OpenedAccount, effectiveAt: Instant): void => {
  if (effectiveAt < account.openedAt) {
    throw new DomainError('EFFECTIVE_BEFORE_OPENING', { accountId: account.accountId });
  }
};

/** Rejects with INSUFFICIENT_FUNDS. */
export const mustAfford = (account: OpenedAccount, debit: MinorUnits): void => {
  if (debit > availableBalance(account)) {
    throw new DomainError('INSUFFICIENT_FUNDS', { accountId: account.accountId });
  }
};

/**
 * Rejects with BALANCE_LIMIT_EXCEEDED, for the available balance as well, now and when every hold has ended: all are said on the wire,
 * and no hold may be kept from ending.
 */
export const mustHaveRoomFor = (account: OpenedAccount, credit: MinorUnits): void => {
  const { ledgerBalance, overdraftLimit } = account;
  const balances = [ledgerBalance, availableBalance(account), add(ledgerBalance, overdraftLimit)];
  if (!balances.every((balance) => isWithinLimit(add(balance, credit)))) {
    throw new DomainError('BALANCE_LIMIT_EXCEEDED', { accountId: account.accountId });
  }
};
