import type { AccountId } from '../../domain/account/account-id.ts';
import { add, type MinorUnits, minorUnits, NO_MONEY } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { ReadModels } from '../ports/storage.ts';

const sumOf = (rows: readonly StatementEntryRow[]): MinorUnits =>
  rows.reduce((sum, { amount }) => add(sum, minorUnits(amount)), NO_MONEY);

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

/**
 * The ledger balance by value date `asOf`, as the first `version` events of the account have it. Its cost grows with the
 * back-dated entries behind that date only, not with the history (ADR 0007).
 */
export const balanceAsOf = async (
  models: ReadModels,
  accountId: AccountId,
  { asOf, version }: { readonly asOf: Instant; readonly version: number },
): Promise<MinorUnits> => {
  const byTime = await lastInOrder(models, accountId, { effectiveAt: asOf });
  const isKnown = byTime === undefined || byTime.version <= version;
  const last = isKnown ? byTime : await lastInOrder(models, accountId, { version });
  // Up to `last` every entry counts. Behind it only those do that were dated back to `asOf` or before.
  const backDated = await models.table(statementEntriesTable).range({
    where: { accountId, backDated: true },
    bounds: { version: { gt: last?.version ?? 0, lte: version }, effectiveAt: { lte: new Date(asOf) } },
    order: ['effectiveAt', 'version'],
  });
  return add(minorUnits(last?.balanceAfter ?? NO_MONEY), sumOf(backDated));
};
