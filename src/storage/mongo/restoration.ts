import type { Connection, mongo } from 'mongoose';
import { databaseOf } from './connection.ts';
import { migrate } from './migrations/migrate.ts';
import { reading } from './mongo-errors.ts';

const LEDGER = 'ledger';

/** In the collection `restorations`, once a ledger was brought back into this database, or should have been. */
type RestorationDocument = {
  readonly _id: string;
  readonly begunAt: Date;
  /** The three of them as soon as the ledger is whole. */
  readonly completedAt?: Date;
  readonly lastBlock?: bigint;
  /** Of this database's own feed, behind everything that was brought back. */
  readonly resumeToken?: string;
};

/** The database has half a ledger, which nobody may use; the message says what to do. */
export class UnfinishedRestore extends Error {
  override readonly name = 'UnfinishedRestore';
}

/** What a ledger is to be brought back into has something in it. */
export class DatabaseNotEmpty extends Error {
  override readonly name = 'DatabaseNotEmpty';
}

// What is in a database before there is a ledger in it. All else is the ledger, whatever read models there are.
const beforeAnyLedger = new Set([
  'migrations',
  'leases',
  'checkpoints',
  'restorations',
  'api_keys',
  'access_log',
  'rebuilds',
]);

const restorationsOf = (database: mongo.Db): mongo.Collection<RestorationDocument> =>
  database.collection<RestorationDocument>('restorations');

export const restorationIn = (database: mongo.Db): Promise<RestorationDocument | null> =>
  restorationsOf(database).findOne({ _id: LEDGER });

/** Rejects with UnfinishedRestore where a ledger was being brought back into this database and is not whole. */
export const mustBeWhole = async (database: mongo.Db): Promise<void> => {
  const restoration = await restorationIn(database);
  if (!restoration || restoration.completedAt) return;
  throw new UnfinishedRestore(
    `A ledger was being restored into this database from ${restoration.begunAt.toISOString()} on, and is not whole: nothing in it may be ` +
      'used. Wait for npm run restore to end, or run it again with the file: it begins anew.',
  );
};

const ledgerCollections = async (database: mongo.Db): Promise<readonly string[]> => {
  const collections = await database.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  return collections
    .map(({ name }) => name)
    .filter((name) => !beforeAnyLedger.has(name) && !name.startsWith('system.'));
};

/** Marks a database while a ledger is brought back into it, so that nobody takes half of it for the whole. */
export class Restoration {
  readonly #database: mongo.Db;

  constructor(connection: Connection) {
    this.#database = databaseOf(connection);
  }

  /** Sets the mark; what an attempt that came to no end has left is removed. Rejects with DatabaseNotEmpty. */
  async begin(): Promise<void> {
    const before = await reading(() => restorationIn(this.#database));
    if (before && !before.completedAt) {
      await this.#clear();
      return;
    }
    for (const name of await ledgerCollections(this.#database)) {
      if (await reading(() => this.#database.collection(name).findOne({}, { projection: { _id: 1 } })))
        throw new DatabaseNotEmpty(`The database has a ledger: there is something in ${name}.`);
    }
    await reading(() =>
      restorationsOf(this.#database).replaceOne({ _id: LEDGER }, { begunAt: new Date() }, { upsert: true }),
    );
  }

  /** Removes all that was brought back, then the mark. */
  async giveUp(): Promise<void> {
    await this.#clear();
    await reading(() => restorationsOf(this.#database).deleteOne({ _id: LEDGER }));
  }

  /** The ledger is whole. `resumeToken` is where the feed of this database goes on behind it. */
  async complete(lastBlock: number, resumeToken: string): Promise<void> {
    const $set = { completedAt: new Date(), lastBlock: BigInt(lastBlock), resumeToken };
    await reading(() => restorationsOf(this.#database).updateOne({ _id: LEDGER }, { $set }));
  }

  /** Faster than document by document. The migrations make everything again. */
  async #clear(): Promise<void> {
    for (const name of await ledgerCollections(this.#database))
      await reading(() => this.#database.dropCollection(name));
    await reading(() => this.#database.collection('migrations').deleteMany({}));
    await reading(() => migrate(this.#database, () => new Date()));
  }
}
