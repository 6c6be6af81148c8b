import type { AccountId } from '../../domain/account/account-id.ts';
import { add, type MinorUnits, minorUnits, NO_MONEY } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { ReadModels } from '../ports/storage.ts';
import type { RangeQuery } from '../ports/table.ts';

type BackDatedPage = Pick<RangeQuery<StatementEntryRow>, 'after' | 'limit'>;

/** The last entry, in either order, that is not back-dated: nothing recorded before it counts later. */
export const lastInOrder = async (
  models: ReadModels,
  accountId: AccountId,
  limit: { readonly effectiveAt: Instant } | { readonly version: number },
): Promise<StatementEntryRow | undefined> => {
  const byTime = 'effectiveAt' in limit;
  const [row] = await models.table(statementEntriesTable).range({
    where: { accountId, backDated: false },
    bounds: byTime ? { effectiveAt: { lte: new Date(limit.effectiveAt) } } : { version: { lte: limit.version } },
    order: byTime ? ['effectiveAt', 'version'] : ['version'],
    direction: 'desc',
    limit: 1,
  });
  return row;
};

/** How much counts: what has no later value date than `asOf`, of the first `version` events. */
export type Extent = { readonly asOf: Instant; readonly version: number };

/** The entry behind which a balance is known: up to it every entry counts. Undefined: none does. */
export const startOf = async (
  models: ReadModels,
  accountId: AccountId,
  { asOf, version }: Extent,
): Promise<StatementEntryRow | undefined> => {
  const byTime = await lastInOrder(models, accountId, { effectiveAt: asOf });
  const isKnown = byTime === undefined || byTime.version <= version;
  return isKnown ? byTime : lastInOrder(models, accountId, { version });
};

type Behind = Extent & { readonly start: StatementEntryRow | undefined };

/** What counts behind that entry: only what was dated back to `asOf` or before. */
const behind = (accountId: AccountId, { start, asOf, version }: Behind) =>
  ({
    where: { accountId, backDated: true },
    bounds: { version: { gt: start?.version ?? 0, lte: version }, effectiveAt: { lte: new Date(asOf) } },
  }) as const;

/** The entries of it, by value date, then by version. */
export const backDatedBehind = (
  models: ReadModels,
  accountId: AccountId,
  { start, asOf, version, ...page }: Behind & BackDatedPage,
): Promise<readonly StatementEntryRow[]> =>
  models
    .table(statementEntriesTable)
    .range({ ...behind(accountId, { start, asOf, version }), order: ['effectiveAt', 'version'], ...page });

/**
 * The ledger balance by value date `asOf`, as the first `version` events of the account have it. Its cost grows with the
 * back-dated entries behind that date only, not with the history, and they are added up where they are kept (ADR 0007).
 */
export const balanceAsOf = async (models: ReadModels, accountId: AccountId, extent: Extent): Promise<MinorUnits> => {
  const start = await startOf(models, accountId, extent);
  const backDated = await models.table(statementEntriesTable).sum('amount', behind(accountId, { ...extent, start }));
  return add(minorUnits(start?.balanceAfter ?? NO_MONEY), minorUnits(backDated));
};
