import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import { type Account, isOpened } from '../../domain/account/account-state.ts';
import { type AccountRow, accountRowOf, accountsTable } from '../../projections/accounts/accounts.ts';
import type { Storage } from '../ports/storage.ts';
import { cellsThatDiffer, type Difference } from '../replay/differences.ts';

/** The row of an account as it was found, and the version of the stream at which it must be the account. */
export type AccountRowFound = {
  readonly row: AccountRow | undefined;
  /** Undefined: as far as the stream goes, because the row should have been further than it was. */
  readonly version: number | undefined;
};

/**
 * The row of an account, to be compared with what the events up to its own version give: so it does not matter how many follow while
 * they are read. A row is never behind an event that was read before it.
 */
export const findAccountRow = async (
  storage: Pick<Storage, 'table' | 'events'>,
  streamId: StreamId,
): Promise<AccountRowFound> => {
  const accounts = storage.table(accountsTable);
  const first = await accounts.get(accountIdOf(streamId));
  const [later] = await storage.events.read(streamId, { after: first?.version ?? 0, limit: 1 });
  if (!later) return { row: first, version: first?.version };
  const row = await accounts.get(accountIdOf(streamId));
  return { row, version: row && row.version >= later.version ? row.version : undefined };
};

/** What of this row is not the account. */
export const accountDifferences = (account: Account, { row }: AccountRowFound): readonly Difference[] => {
  if (!isOpened(account)) return [];
  const expected = accountRowOf(account);
  const place = { table: accountsTable.name, accountId: account.accountId, id: account.accountId, expected };
  if (!row) return [{ ...place, kind: 'missing', cells: [] }];
  const cells = cellsThatDiffer(expected, row);
  return cells.length === 0 ? [] : [{ ...place, kind: 'different', cells, found: row }];
};
