import { type AccountId, accountIdOf, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import { type HoldRow, holdRowId, holdsTable } from '../../projections/holds/holds.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import { type TransferRow, transfersTable } from '../../projections/transfers/transfers.ts';
import type { EventAsRecorded } from '../ports/event-as-recorded.ts';
import type { Tell } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row, TableName } from '../ports/table.ts';
import { NO_EVENT } from './row-findings.ts';
import type { Reading } from './verify-parts.ts';

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

const accounts: Stranger<{ readonly _id: string }> = {
  table: accountsTable,
  accountIdOf: ({ _id }) => _id,
  own: async (rows, { feed }) => {
    const places = rows.map(({ _id }) => ({ streamId: streamIdOf(_id as AccountId), version: 1 }));
    const streams = new Set((await feed.eventsAt(places)).map(({ streamId }) => streamId));
    return rows.filter(({ _id }) => streams.has(streamIdOf(_id as AccountId)));
  },
};

/** Of a type that nobody knows, nobody knows what it books. */
const isBooked = (event: EventAsRecorded): boolean => {
  try {
    return postingOf(event as unknown as RecordedEvent) !== undefined;
  } catch {
    return false;
  }
};

const entries: Stranger<StatementEntryRow> = {
  table: statementEntriesTable,
  accountIdOf: ({ accountId }) => accountId,
  own: async (rows, stores) => {
    const events = await eventsOf(
      rows.map(({ _id }) => _id),
      stores,
    );
    return rows.filter(({ _id }) => {
      const event = events.get(_id);
      return event !== undefined && isBooked(event);
    });
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

const checkTable = async <R extends Row>(
  { table, accountIdOf, own }: Stranger<R>,
  stores: Stores,
  tell: Tell,
  { atOnce, pace }: Reading,
): Promise<number> => {
  const live = stores.table<Row>(table);
  let count = 0;
  let after: readonly string[] | undefined;
  for (;;) {
    const page = await live.range({ order: ['_id'], limit: atOnce, ...(after && { after }) });
    const rows = page as readonly R[];
    const known = new Set(await own(rows, stores));
    for (const row of rows) {
      if (known.has(row)) continue;
      const at = { accountId: accountIdOf(row), row: row._id };
      tell({ collection: table.name, at, problem: NO_EVENT });
    }
    count += rows.length;
    await pace(rows.length);
    const last = rows.at(-1);
    if (!last || rows.length < atOnce) return count;
    after = [last._id];
  }
};

/** Tells of the rows that no event gives, and gives how many rows there are. */
export const checkStrangers = async (stores: Stores, tell: Tell, reading: Reading): Promise<number> =>
  (await checkTable(accounts, stores, tell, reading)) +
  (await checkTable(entries, stores, tell, reading)) +
  (await checkTable(transfers, stores, tell, reading)) +
  (await checkTable(holds, stores, tell, reading));
