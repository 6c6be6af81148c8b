import { randomUUID } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import type { ReadModels, Storage } from '../../application/ports/storage.ts';
import type { Row, Table, TableName } from '../../application/ports/table.ts';
import { databaseOf } from './connection.ts';
import { isCollectionName, modelOf } from './models.ts';
import { misshapenIn } from './misshapen.ts';
import { missingGuardsOn } from './missing-guards.ts';
import { MongoEventFeed } from './mongo-event-feed.ts';
import { MongoEventStore } from './mongo-event-store.ts';
import { reading } from './mongo-errors.ts';
import { MongoJournalStore } from './mongo-journal-store.ts';
import { MongoSnapshotStore } from './mongo-snapshot-store.ts';
import { MongoTable } from './mongo-table.ts';
import { mongoTransactions } from './unit-of-work.ts';

const readModels = (connection: Connection, collectionFor: (name: string) => string): ReadModels => {
  const tables = new Map<string, Table<Row>>();
  return {
    table: <R extends Row>({ name }: TableName<R>): Table<R> => {
      const existing = tables.get(name);
      if (existing) return existing as unknown as Table<R>;
      if (!isCollectionName(name)) throw new Error(`no collection ${name}`);
      const table = new MongoTable<R>(modelOf(connection, name, collectionFor(name)));
      tables.set(name, table as unknown as Table<Row>);
      return table;
    },
  };
};

/** An empty collection with the validator of another, and of its indexes those that keep doubles out: each costs what is written here. */
const createTwin = async (database: mongo.Db, name: string, twin: string): Promise<void> => {
  const [live] = await database.listCollections({ name }).toArray();
  const validator = (live as { options?: { validator?: mongo.Document } } | undefined)?.options?.validator;
  await database.createCollection(twin, validator ? { validator } : {});
  for (const { v: _v, key, name: indexName, ...options } of await database.collection(name).indexes()) {
    if (options.unique) await database.collection(twin).createIndex(key, { ...options, name: indexName ?? '' }, {});
  }
};

const openShadow = async (
  connection: Connection,
  names: readonly TableName<Row>[],
): ReturnType<Storage['openShadow']> => {
  const database = databaseOf(connection);
  const suffix = randomUUID().slice(0, 8);
  const shadowOf = (name: string): string => `${name}_rebuild_${suffix}`;
  for (const { name } of names) await createTwin(database, name, shadowOf(name));
  return {
    ...readModels(connection, shadowOf),
    drop: async () => {
      for (const { name } of names) {
        // A table that nobody has asked for has no model yet.
        if (connection.models[shadowOf(name)]) connection.deleteModel(shadowOf(name));
        await database.dropCollection(shadowOf(name));
      }
    },
  };
};

/** A replica set as the ledger's storage. The connection is the caller's until `close`. */
export const openMongoStorage = (connection: Connection, timeout: number): Storage => ({
  ...readModels(connection, (name) => name),
  transactionally: mongoTransactions(connection, timeout),
  events: new MongoEventStore(connection),
  snapshots: new MongoSnapshotStore(connection),
  feed: new MongoEventFeed(connection, timeout),
  journal: new MongoJournalStore(connection),
  openShadow: (names) => reading(() => openShadow(connection, names)),
  misshapen: (collections) => misshapenIn(databaseOf(connection), collections),
  missingGuards: (collections) => reading(() => missingGuardsOn(databaseOf(connection), collections)),
  ping: async () => {
    await reading(() => databaseOf(connection).command({ ping: 1 }, { readPreference: 'primary' }));
  },
  close: () => connection.close(),
});
