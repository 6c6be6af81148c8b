import { type AccountId, accountIdOf, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import { type HoldRow, holdRowId, holdsTable } from '../../projections/holds/holds.ts';
import { statementEntriesTable } from '../../projections/statement-entries/statement-entries.ts';
import { type TransferRow, transfersTable } from '../../projections/transfers/transfers.ts';
import { type TransactionIdRow, transactionIdsTable } from '../commit/claims.ts';
import type { EventAsRecorded } from '../ports/event-as-recorded.ts';
import type { Tell } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row, TableName } from '../ports/table.ts';
import { NO_EVENT } from './row-findings.ts';
import type { Reading } from './verify-parts.ts';

type Stores = Pick<Storage, 'feed' | 'snapshots' | 'table'>;

/** Of these rows those that follow from an event which is there: what is in them has been compared with its stream. */
type FindOwn<R extends Row> = (rows: readonly R[], stores: Stores) => Promise<readonly R[]>;

type Stranger<R extends Row> = {
  readonly table: TableName<R>;
  /** Left out: the rows are of no account. */
  readonly accountIdOf?: (row: R) => string;
  readonly own: FindOwn<R>;
};

const eventsOf = async (ids: readonly string[], { feed }: Stores): Promise<ReadonlyMap<string, EventAsRecorded>> =>
  new Map((await feed.asRecorded(ids)).map((event) => [event.eventId, event]));

/** Of these streams those that have a first event. */
const streamsAmong = async (streamIds: readonly string[], { feed }: Stores): Promise<ReadonlySet<string>> => {
  const places = [...new Set(streamIds)].map((streamId) => ({ streamId, version: 1 }));
  return new Set((await feed.eventsAt(places)).map(({ streamId }) => streamId));
};

/** Of these accounts those that have a first event. */
const accountsAmong = async (accountIds: readonly string[], stores: Stores): Promise<ReadonlySet<string>> => {
  const streams = await streamsAmong(
    accountIds.map((accountId) => streamIdOf(accountId as AccountId)),
    stores,
  );
  return new Set(accountIds.filter((accountId) => streams.has(streamIdOf(accountId as AccountId))));
};

const accounts: Stranger<{ readonly _id: string }> = {
  table: accountsTable,
  accountIdOf: ({ _id }) => _id,
  own: async (rows, stores) => {
    const ids = rows.map(({ _id }) => _id);
    const known = await accountsAmong(ids, stores);
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

const holds: Stranger<HoldRow> = {
  table: holdsTable,
  accountIdOf: ({ accountId }) => accountId,
  own: async (rows, stores) => {
    const events = await eventsOf(
      rows.map(({ placedEventId }) => placedEventId),
      stores,
    );
    return rows.filter(({ _id, placedEventId }) => {
      const event = events.get(placedEventId);
      if (event?.type !== 'HoldPlaced') return false;
      const accountId = accountIdOf(event.streamId as StreamId);
      return holdRowId({ accountId, holdId: event.data.holdId as HoldId }) === _id;
    });
  },
};

/** They belong to no account, and to whatever event has used them. */
const transactionIds: Stranger<TransactionIdRow> = {
  table: transactionIdsTable,
  own: async (rows, stores) => {
    const events = await eventsOf(
      rows.map(({ eventId }) => eventId),
      stores,
    );
    return rows.filter(({ _id, eventId }) => events.get(eventId)?.metadata.transactionId === _id);
  },
};

const checkTable = async <R extends Row>(
  { table, accountIdOf, own }: Stranger<R>,
  stores: Stores,
  tell: Tell,
  { atOnce, pace }: Reading,
): Promise<void> => {
  const live = stores.table<Row>(table);
  let after: readonly string[] | undefined;
  for (;;) {
    const page = await live.range({ order: ['_id'], limit: atOnce, ...(after && { after }) });
    const rows = page as readonly R[];
    const known = new Set(await own(rows, stores));
    for (const row of rows) {
      if (known.has(row)) continue;
      const at = { ...(accountIdOf && { accountId: accountIdOf(row) }), row: row._id };
      tell({ collection: table.name, at, problem: NO_EVENT });
    }
    await pace(rows.length);
    const last = rows.at(-1);
    if (!last || rows.length < atOnce) return;
    after = [last._id];
  }
};

// Of a long account, rows that are read only to see whose they are.
const MOST_OF_ONE = 100;

/**
 * Entries of accounts that there are not. Those of one that is there have been compared with its stream, version by version, so the first
 * ones of each account are enough.
 */
const checkOwners = async (stores: Stores, tell: Tell, { atOnce, pace }: Reading): Promise<void> => {
  const live = stores.table(statementEntriesTable);
  const query = { order: ['accountId', 'version'], limit: Math.min(atOnce, MOST_OF_ONE) } as const;
  let after = '';
  for (;;) {
    const rows = await live.range({ ...query, bounds: { accountId: { gt: after } } });
    const ids = rows.map(({ accountId }) => accountId);
    const known = await accountsAmong([...new Set(ids)], stores);
    for (const { _id: row, accountId } of rows) {
      if (known.has(accountId)) continue;
      tell({ collection: statementEntriesTable.name, at: { accountId, row }, problem: NO_EVENT });
    }
    await pace(rows.length);
    if (rows.length < query.limit) return;
    after = ids.at(-1) ?? after;
  }
};

/** Snapshots of streams that there are not: those of the others have been compared with their events. */
const checkSnapshotOwners = async (stores: Stores, tell: Tell, { atOnce, pace }: Reading): Promise<void> => {
  let after = '';
  for (;;) {
    const places = await stores.snapshots.placesBehind(after, Math.min(atOnce, MOST_OF_ONE));
    const last = places.at(-1);
    if (!last) return;
    const known = await streamsAmong(
      places.map(({ streamId }) => streamId),
      stores,
    );
    for (const { streamId, version } of places) {
      if (known.has(streamId)) continue;
      tell({ collection: 'snapshots', at: { streamId, version }, problem: NO_EVENT });
    }
    await pace(places.length);
    after = last.streamId;
  }
};

/** Tells of the rows that no event gives and that were compared with no stream. */
export const checkStrangers = async (stores: Stores, tell: Tell, reading: Reading): Promise<void> => {
  await checkOwners(stores, tell, reading);
  await checkSnapshotOwners(stores, tell, reading);
  await checkTable(accounts, stores, tell, reading);
  await checkTable(transfers, stores, tell, reading);
  await checkTable(holds, stores, tell, reading);
  await checkTable(transactionIds, stores, tell, reading);
};
