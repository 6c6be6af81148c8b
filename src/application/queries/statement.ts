import type { AccountId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { add, type MinorUnits, minorUnits, subtract } from '../../domain/money/money.ts';
import { type Instant, instant, latest } from '../../domain/time/instant.ts';
import { type AccountRow, accountsTable } from '../../projections/accounts/accounts.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReadModels } from '../ports/storage.ts';
import { balanceAsOf } from './balance-as-of.ts';

export type StatementQuery = {
  /** First moment that counts; default: the opening of the account. */
  readonly from?: Instant;
  /** First moment that does not count any more; default: everything booked so far. */
  readonly to?: Instant;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly after?: StatementPosition;
};

/** Where a page ended, and on which version of the account the statement was begun: later events stay out of its later pages. */
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
  readonly lines: readonly StatementLine[];
  readonly next?: StatementPosition;
};

type Scope = {
  readonly accountId: AccountId;
  readonly from: Instant;
  readonly to: Instant;
  readonly accountVersion: number;
};

const before = (moment: Instant): Instant => instant(moment - 1);

const scopeOf = (row: AccountRow, query: StatementQuery, now: Instant): Scope => {
  const from = query.from ?? instant(row.openedAt.getTime());
  // Nothing is booked in the future, but another process's clock may be ahead of this one's.
  const justNow = instant(latest(now, instant(row.updatedAt.getTime())) + 1);
  return {
    accountId: row._id as AccountId,
    from,
    to: query.after?.to ?? query.to ?? latest(justNow, from),
    accountVersion: query.after?.accountVersion ?? row.version,
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
 * balance of the whole statement. Rejects with ACCOUNT_NOT_FOUND.
 */
export const readStatement =
  (models: ReadModels, clock: Clock) =>
  async (accountId: AccountId, query: StatementQuery): Promise<Statement> => {
    const row = await models.table(accountsTable).get(accountId);
    if (!row) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
    const scope = scopeOf(row, query, clock.now());
    const { from, to, accountVersion: version } = scope;
    const found = await entriesOf(models, scope, { ...query, limit: query.limit + 1 });
    const rows = found.slice(0, query.limit);
    const last = found.length > query.limit ? rows.at(-1) : undefined;
    return {
      accountId,
      currency: row.currency,
      from,
      to,
      openingBalance: await balanceAsOf(models, accountId, { asOf: before(from), version }),
      closingBalance: await balanceAsOf(models, accountId, { asOf: before(to), version }),
      lines: await withBalances(models, scope, rows, query.order),
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
