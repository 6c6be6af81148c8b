import { randomUUID } from 'node:crypto';
import { type Connection, mongo } from 'mongoose';
import type { ReadModels, ShadowModels, Storage } from '../../application/ports/storage.ts';
import type { Row, Table, TableName } from '../../application/ports/table.ts';
import { databaseOf } from './connection.ts';
import { CurrentPrimary } from './current-primary.ts';
import { statesOn } from './migrations/migrate.ts';
import { shapeOf } from './migrations/migrations.ts';
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

/** Behind the name of the ledger's database. What makes and drops collections there needs no right to do so in the ledger. */
const BESIDE = '_rebuild';

const NAMESPACE_NOT_FOUND = 26;

const twinOf = (name: string, mark: string): string => `${mark}.${name}`;

const dropIfThere = async (database: mongo.Db, name: string): Promise<void> => {
  try {
    await database.dropCollection(name);
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || error.code !== NAMESPACE_NOT_FOUND) throw error;
  }
};

/** The twins of read models in a database of their own. */
class Shadows {
  constructor(private readonly connection: Connection) {}

  async open(names: readonly TableName<Row>[], mark: string): Promise<ShadowModels> {
    for (const { name } of names) await this.#create(name, mark);
    return this.find(names, mark);
  }

  find(names: readonly TableName<Row>[], mark: string): ShadowModels {
    return {
      ...readModels(this.#connection(), (name) => twinOf(name, mark)),
      drop: () => reading(() => this.#drop(names.map(({ name }) => twinOf(name, mark)))),
    };
  }

  async marks(): Promise<readonly string[]> {
    const twins = await this.#database.listCollections({}, { nameOnly: true }).toArray();
    return [...new Set(twins.map(({ name }) => name.slice(0, name.indexOf('.'))))];
  }

  async #drop(twins: readonly string[]): Promise<void> {
    const connection = this.#connection();
    for (const twin of twins) {
      // A table that nobody has asked for has no model yet.
      if (connection.models[twin]) connection.deleteModel(twin);
      await dropIfThere(this.#database, twin);
    }
  }

  // In the same client, and so in the same transactions. Not made before it is wanted: each is told of all that happens to the client.
  #connection(): Connection {
    return this.connection.useDb(`${this.connection.name}${BESIDE}`, { useCache: true });
  }

  get #database(): mongo.Db {
    return databaseOf(this.#connection());
  }

  /** Empty, with the validator of its live twin, and of its indexes those that keep doubles out: each costs what is written here. */
  async #create(name: string, mark: string): Promise<void> {
    const { validator, indexes } = shapeOf(name);
    await this.#database.createCollection(twinOf(name, mark), { validator });
    for (const { key, options } of indexes) {
      if (options?.unique) await this.#database.collection(twinOf(name, mark)).createIndex(key, options, {});
    }
  }
}

const shadowsOver = (connection: Connection): Pick<Storage, 'openShadow' | 'findShadow' | 'shadowMarks'> => {
  const shadows = new Shadows(connection);
  return {
    openShadow: (names, mark = randomUUID()) => reading(() => shadows.open(names, mark)),
    findShadow: (names, mark) => shadows.find(names, mark),
    shadowMarks: () => reading(() => shadows.marks()),
  };
};

/** A replica set as the ledger's storage. The connection is the caller's until `close`. */
export const openMongoStorage = (connection: Connection, timeout: number): Storage => {
  const primary = new CurrentPrimary(connection, timeout);
  return {
    ...readModels(connection, (name) => name),
    transactionally: mongoTransactions(connection, timeout),
    events: new MongoEventStore(connection),
    snapshots: new MongoSnapshotStore(connection),
    feed: new MongoEventFeed(connection, timeout),
    journal: new MongoJournalStore(connection),
    kind: 'mongo',
    ...shadowsOver(connection),
    misshapen: (collections) => misshapenIn(databaseOf(connection), collections),
    migrations: () => reading(() => statesOn(databaseOf(connection))),
    missingGuards: (collections) => reading(() => missingGuardsOn(databaseOf(connection), collections)),
    mustBeCurrent: () => primary.confirm(),
    ping: async () => {
      await reading(() => databaseOf(connection).command({ ping: 1 }, { readPreference: 'primary' }));
    },
    close: () => connection.close(),
  };
};
