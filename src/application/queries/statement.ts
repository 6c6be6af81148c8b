import type { AccountId } from '../../domain/account/account-id.ts';
import { add, type MinorUnits, minorUnits, subtract } from '../../domain/money/money.ts';
import { type Instant, instant, latest } from '../../domain/time/instant.ts';
import type { AccountRow } from '../../projections/accounts/accounts.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReadModels, Storage } from '../ports/storage.ts';
import { balanceAsOf } from './balance-as-of.ts';
import { findAccount, type Moment } from './find-account.ts';

export type StatementQuery = {
  /** First moment that counts; default: the opening of the account. */
  readonly from?: Instant;
  /** First moment that does not count any more; default: everything booked so far, or by `knownAt`, or up to `version`. */
  readonly to?: Instant;
  /** Leaves out what was recorded later: the statement as it was issued at this moment. Not together with `version`. */
  readonly knownAt?: Instant;
  /** Leaves out what was recorded behind this event. */
  readonly version?: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly after?: StatementPosition;
};

/**
 * Where a page ended, and on which version of the account the statement was begun: later events stay out of its later pages. The
 * same, whether the statement is issued at a moment or as known at that moment.
 */
export type StatementPosition = {
  readonly effectiveAt: Instant;
  readonly version: number;
  readonly accountVersion: number;
  readonly to: Instant;
};

/** `balanceAfter` is the balance behind the entry in the order of the statement: by value date, then by version. */
export type StatementLine = Omit<StatementEntryRow, 'balanceAfter'> & { readonly balanceAfter: MinorUnits };

export type Statement = {
  readonly accountId: string;
  readonly currency: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly openingBalance: MinorUnits;
  readonly closingBalance: MinorUnits;
  /** How many events of the account it knows. */
  readonly version: number;
  readonly lines: readonly StatementLine[];
  readonly next?: StatementPosition;
};

type Scope = {
  readonly accountId: AccountId;
  readonly from: Instant;
  readonly to: Instant;
  readonly accountVersion: number;
};

const knownOf = ({ knownAt, version }: StatementQuery): Moment => ({
  ...(knownAt !== undefined && { knownAt }),
  ...(version !== undefined && { version }),
});

const before = (moment: Instant): Instant => instant(moment - 1);

/** The first moment behind everything that the statement knows. */
const endOf = (row: AccountRow, { knownAt, version }: StatementQuery, now: Instant): Instant => {
  const updatedAt = instant(row.updatedAt.getTime());
  const issuedAt = knownAt ?? (version === undefined ? now : updatedAt);
  // Nothing is booked in the future, but another process's clock may be ahead of this one's.
  return instant(latest(issuedAt, updatedAt) + 1);
};

const scopeOf = (row: AccountRow, query: StatementQuery, now: Instant): Scope => {
  const from = query.from ?? instant(row.openedAt.getTime());
  const isNow = Object.keys(knownOf(query)).length === 0;
  // What is known is asked for with every page, or else is what the first page knew.
  const begun = isNow ? query.after : undefined;
  return {
    accountId: row._id as AccountId,
    from,
    to: begun?.to ?? query.to ?? latest(endOf(row, query, now), from),
    // A cursor that says more than that was made up.
    accountVersion: Math.min(begun?.accountVersion ?? row.version, row.version),
  };
};

const entriesOf = (
  models: ReadModels,
  { accountId, from, to, accountVersion }: Scope,
  { order, limit, after }: StatementQuery,
): Promise<readonly StatementEntryRow[]> =>
  models.table(statementEntriesTable).range({
    where: { accountId },
    bounds: { effectiveAt: { gte: new Date(from), lt: new Date(to) }, version: { lte: accountVersion } },
    order: ['effectiveAt', 'version'],
    direction: order,
    limit,
    ...(after && { after: [new Date(after.effectiveAt), after.version] }),
  });

/** The balance right before this entry in the order of the statement: all that counts earlier, and of the same moment what has a lower version. */
const balanceBefore = async (models: ReadModels, scope: Scope, entry: StatementEntryRow): Promise<MinorUnits> => {
  const { accountId, accountVersion } = scope;
  const moment = instant(entry.effectiveAt.getTime());
  const earlier = await balanceAsOf(models, accountId, { asOf: before(moment), version: accountVersion });
  const sameMoment = await models.table(statementEntriesTable).range({
    where: { accountId, effectiveAt: entry.effectiveAt },
    bounds: { version: { lt: entry.version } },
    order: ['effectiveAt', 'version'],
  });
  return sameMoment.reduce((sum, { amount }) => add(sum, minorUnits(amount)), earlier);
};

const withBalances = async (
  models: ReadModels,
  scope: Scope,
  rows: readonly StatementEntryRow[],
  order: 'asc' | 'desc',
): Promise<readonly StatementLine[]> => {
  const [first] = rows;
  if (!first) return [];
  let balance = await balanceBefore(models, scope, first);
  if (order === 'desc') balance = add(balance, minorUnits(first.amount));
  return rows.map((row) => {
    const amount = minorUnits(row.amount);
    if (order === 'asc') balance = add(balance, amount);
    const line = { ...row, balanceAfter: balance };
    if (order === 'desc') balance = subtract(balance, amount);
    return line;
  });
};

/**
 * The booked postings from `from` up to, but not including, `to` (ISO 20022 camt.053), one page of them, with opening and closing
 * balance of the whole statement. With the same query and `knownAt` it is the statement that was issued then, whatever was recorded
 * since. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order.
 */
export const readStatement =
  (storage: Storage, clock: Clock) =>
  async (accountId: AccountId, query: StatementQuery): Promise<Statement> => {
    const now = clock.now();
    const row = await findAccount(storage, clock)(accountId, knownOf(query));
    const scope = scopeOf(row, query, now);
    const { from, to, accountVersion: version } = scope;
    const found = await entriesOf(storage, scope, { ...query, limit: query.limit + 1 });
    const rows = found.slice(0, query.limit);
    const last = found.length > query.limit ? rows.at(-1) : undefined;
    return {
      accountId,
      currency: row.currency,
      from,
      to,
      openingBalance: await balanceAsOf(storage, accountId, { asOf: before(from), version }),
      closingBalance: await balanceAsOf(storage, accountId, { asOf: before(to), version }),
      version,
      lines: await withBalances(storage, scope, rows, query.order),
      ...(last && {
        next: {
          effectiveAt: instant(last.effectiveAt.getTime()),
          version: last.version,
          accountVersion: version,
          to,
        },
      }),
    };
  };
