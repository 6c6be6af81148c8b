import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import { type TransferRow, transfersTable } from '../../projections/transfers/transfers.ts';
import type { EventAsRecorded } from '../ports/event-as-recorded.ts';
import type { Tell } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row, TableName } from '../ports/table.ts';

const ROWS_AT_ONCE = 1_000;

type Stores = Pick<Storage, 'feed' | 'table'>;

/** Of these rows those that follow from an event which is there: what is in them has been compared with its stream. */
type FindOwn<R extends Row> = (rows: readonly R[], stores: Stores) => Promise<readonly R[]>;

type Stranger<R extends Row> = {
  readonly table: TableName<R>;
  readonly accountIdOf: (row: R) => string;
  readonly own: FindOwn<R>;
};

const eventsOf = async (ids: readonly string[], { feed }: Stores): Promise<ReadonlyMap<string, EventAsRecorded>> =>
  new Map((await feed.asRecorded(ids)).map((event) => [event.eventId, event]));

/** Of these accounts those that have a first event. */
const accountsAmong = async (accountIds: readonly string[], { feed }: Stores): Promise<ReadonlySet<string>> => {
  const places = accountIds.map((accountId) => ({ streamId: streamIdOf(accountId as AccountId), version: 1 }));
  const streams = new Set((await feed.eventsAt(places)).map(({ streamId }) => streamId));
  return new Set(accountIds.filter((accountId) => streams.has(streamIdOf(accountId as AccountId))));
};

const accounts: Stranger<{ readonly _id: string }> = {
  table: accountsTable,
  accountIdOf: ({ _id }) => _id,
  own: async (rows, stores) => {
    const known = await accountsAmong(
      rows.map(({ _id }) => _id),
      stores,
    );
    return rows.filter(({ _id }) => known.has(_id));
  },
};

const transfers: Stranger<TransferRow> = {
  table: transfersTable,
  accountIdOf: ({ fromAccountId }) => fromAccountId,
  own: async (rows, stores) => {
    const events = await eventsOf(
      rows.map(({ fromEventId }) => fromEventId),
      stores,
    );
    return rows.filter(({ _id, fromEventId }) => {
      const event = events.get(fromEventId);
      return event?.type === 'TransferSent' && event.data.transferId === _id;
    });
  },
};

const checkTable = async <R extends Row>(
  { table, accountIdOf, own }: Stranger<R>,
  stores: Stores,
  tell: Tell,
  onProgress: (rows: number) => void,
): Promise<void> => {
  const live = stores.table<Row>(table);
  let after: readonly string[] | undefined;
  for (;;) {
    const page = await live.range({ order: ['_id'], limit: ROWS_AT_ONCE, ...(after && { after }) });
    const rows = page as readonly R[];
    const known = new Set(await own(rows, stores));
    for (const row of rows) {
      if (known.has(row)) continue;
      const at = { accountId: accountIdOf(row), row: row._id };
      tell({ collection: table.name, at, problem: 'no event gives this row' });
    }
    onProgress(rows.length);
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_AT_ONCE) return;
    after = [last._id];
  }
};

/**
 * Entries of accounts that there are not. Those of one that is there have been compared with its stream, version by version, so only the
 * first entry of each account is read.
 */
const checkOwners = async (stores: Stores, tell: Tell): Promise<void> => {
  const live = stores.table(statementEntriesTable);
  let firsts: StatementEntryRow[] = [];
  let [first] = await live.range({ order: ['accountId', 'version'], limit: 1 });
  while (first) {
    firsts.push(first);
    const bounds = { accountId: { gt: first.accountId } };
    [first] = await live.range({ bounds, order: ['accountId', 'version'], limit: 1 });
    if (first && firsts.length < ROWS_AT_ONCE) continue;
    const known = await accountsAmong(
      firsts.map(({ accountId }) => accountId),
      stores,
    );
    for (const { _id: row, accountId } of firsts) {
      if (known.has(accountId)) continue;
      tell({ collection: statementEntriesTable.name, at: { accountId, row }, problem: 'no event gives this row' });
    }
    firsts = [];
  }
};

/** Tells of the rows that no event gives and that were compared with no stream. Calls back with the number of rows done. */
export const checkStrangers = async (stores: Stores, tell: Tell, onProgress: (rows: number) => void): Promise<void> => {
  await checkOwners(stores, tell);
  await checkTable(accounts, stores, tell, onProgress);
  await checkTable(transfers, stores, tell, onProgress);
};
