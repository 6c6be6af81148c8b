import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Instant } from '../../domain/time/instant.ts';
import { type AccountRow, accountRowOf, accountsTable } from '../../projections/accounts/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { accountAt } from '../replay/account-history.ts';
import { balanceAsOf } from './balance-as-of.ts';

/** A moment to look at: by value date, by what was recorded, or after some event. Empty: now. */
export type Moment = { readonly asOf?: Instant; readonly knownAt?: Instant; readonly version?: number };

const notFound = (accountId: AccountId): DomainError => new DomainError('ACCOUNT_NOT_FOUND', { accountId });

/** An account as it is seen from a moment. */
export type AccountView = {
  readonly row: AccountRow;
  /** Entries of later value dates do not count; undefined: all that are known do. */
  readonly asOf?: Instant;
  /** The event up to which status, overdraft limit and held amount hold. */
  readonly termsVersion: number;
};

/** The account as its recorded history had it. Rejects with ACCOUNT_NOT_FOUND. */
const knownAccount = async (
  storage: Storage,
  accountId: AccountId,
  { knownAt, version }: Moment,
): Promise<OpenedAccount> => {
  const until = { ...(version !== undefined && { version }), ...(knownAt !== undefined && { recordedAt: knownAt }) };
  const { account } = await accountAt(storage, streamIdOf(accountId), until);
  if (!isOpened(account) || (version !== undefined && account.version !== version)) throw notFound(accountId);
  return account;
};

/**
 * Status and overdraft limit as they were at a moment. They count from when they are recorded; only the opening may be dated
 * back, and then holds from that date on.
 */
const termsAt = async (storage: Storage, known: OpenedAccount, asOf: Instant): Promise<OpenedAccount> => {
  if (known.recordedAt <= asOf) return known;
  const streamId = streamIdOf(known.accountId);
  const { account } = await accountAt(storage, streamId, { version: known.version, recordedAt: asOf });
  if (isOpened(account)) return account;
  return knownAccount(storage, known.accountId, { version: 1 });
};

const atMoment = async (storage: Storage, accountId: AccountId, moment: Moment): Promise<AccountView> => {
  const known = await knownAccount(storage, accountId, moment);
  const { asOf } = moment;
  if (asOf === undefined) return { row: accountRowOf(known), termsVersion: known.version };
  if (asOf < known.openedAt) throw notFound(accountId);
  const { status, overdraftLimit, heldAmount, version: termsVersion } = await termsAt(storage, known, asOf);
  const ledgerBalance = await balanceAsOf(storage, accountId, { asOf, version: known.version });
  const row = accountRowOf({ ...known, status, overdraftLimit, heldAmount, ledgerBalance });
  return { row, asOf, termsVersion };
};

/** What may be asked about decisions: they rest on all that is known, whatever its value date. */
export type Known = Pick<Moment, 'knownAt' | 'version'>;

/** Rejects with EFFECTIVE_IN_FUTURE. */
export const mustHavePassed = (moment: Instant | undefined, now: Instant): void => {
  if (moment !== undefined && moment > now) throw new DomainError('EFFECTIVE_IN_FUTURE');
};

/** One account, seen from now or from any moment. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order. */
export const viewAccount =
  (storage: Storage, clock: Clock) =>
  async (accountId: AccountId, moment: Moment = {}): Promise<AccountView> => {
    const now = clock.now();
    mustHavePassed(moment.asOf, now);
    mustHavePassed(moment.knownAt, now);
    if (Object.keys(moment).length > 0) return atMoment(storage, accountId, moment);
    await storage.mustBeCurrent();
    const row = await storage.table(accountsTable).get(accountId);
    if (!row) throw notFound(accountId);
    return { row, termsVersion: row.version };
  };

/** One account, now or at any moment. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order. */
export const findAccount = (storage: Storage, clock: Clock) => {
  const view = viewAccount(storage, clock);
  return async (accountId: AccountId, moment: Moment = {}): Promise<AccountRow> => (await view(accountId, moment)).row;
};

/** The account with everything that was known at a moment. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order. */
export const accountKnownAt = async (
  storage: Storage,
  clock: Clock,
  { accountId, known }: { readonly accountId: AccountId; readonly known: Known },
): Promise<OpenedAccount> => {
  mustHavePassed(known.knownAt, clock.now());
  return knownAccount(storage, accountId, known);
};
