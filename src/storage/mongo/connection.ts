import { createConnection, type Connection, mongo } from 'mongoose';
import { endWritesWithTheirConnections } from './closed-connections.ts';
import { type PoolMeter, watchPool } from './watch-pool.ts';

endWritesWithTheirConnections();

// A new primary is known after so many milliseconds at most, also where the old one has only fallen silent.
const HEARTBEAT = 1_000;

export type MongoSettings = {
  readonly uri: string;
  /** Milliseconds after which an operation that gets no answer is given up, with its socket. */
  readonly timeout: number;
  /** Milliseconds in which a primary must be found; default `timeout`. */
  readonly selectionTimeout?: number;
  readonly poolSize: number;
  /** Left out: nobody asks. */
  readonly meter?: PoolMeter;
};

/** The database cannot carry a ledger as it is; the message says what to change. */
export class UnsuitableMongo extends Error {
  override readonly name = 'UnsuitableMongo';
}

type Hello = { readonly setName?: string; readonly msg?: string; readonly arbiters?: readonly string[] };

/** A standalone has no transactions, and a set with an arbiter acknowledges writes that it can lose (w:1 by default). */
const mustCarryLedger = ({ setName, msg, arbiters }: Hello): void => {
  const isSharded = msg === 'isdbgrid';
  if (setName === undefined && !isSharded) {
    throw new UnsuitableMongo(
      'MONGODB_URI names a standalone mongod, which has no transactions. Start it with --replSet rs0, run rs.initiate() once, ' +
        'and add ?replicaSet=rs0 to the URI; or leave MONGODB_URI out, and Daybook runs a one-node replica set of its own.',
    );
  }
  if ((arbiters ?? []).length > 0) {
    throw new UnsuitableMongo(
      'The replica set has an arbiter, which lets acknowledged writes be lost. Replace it by a data-bearing member.',
    );
  }
};

const wordsOf = (error: unknown): string => {
  if (error instanceof mongo.MongoServerSelectionError) return 'no primary answered in time';
  return error instanceof Error ? error.message : String(error);
};

/** The database of a connection, past the models. */
export const databaseOf = (connection: Connection): mongo.Db =>
  connection.db ?? connection.getClient().db(connection.name);

/** The database that the URI names; one that names none gets the ledger a database of its own instead of `test`. */
const databaseIn = (uri: string): string => /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1] ?? 'daybook';

const unsuitable = (cause: unknown): UnsuitableMongo =>
  cause instanceof UnsuitableMongo
    ? cause
    : new UnsuitableMongo(
        `MongoDB cannot be used: ${wordsOf(cause)}. Check MONGODB_URI and that the replica set has a primary.`,
        { cause },
      );

const optionsOf = ({
  uri,
  timeout,
  selectionTimeout = timeout,
  poolSize,
}: MongoSettings): mongo.MongoClientOptions => ({
  ignoreUndefined: true,
  // int64 as bigint whatever its size: as numbers, amounts would change their type when they grow beyond 2^53.
  useBigInt64: true,
  maxPoolSize: poolSize,
  serverSelectionTimeoutMS: selectionTimeout,
  socketTimeoutMS: timeout,
  waitQueueTimeoutMS: timeout,
  readPreference: 'primary',
  readConcernLevel: 'majority',
  writeConcern: { w: 'majority', journal: true },
  retryWrites: true,
  // Asked, not told by the members: being told, the driver throws where nobody can catch it when a primary that it has just found steps
  // down, because it takes no bigint for the version of what it was told before. That would be the end of this process.
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: HEARTBEAT,
  // One that the URI names tells several processes apart in the logs of the database.
  ...(!/[?&]appName=/i.test(uri) && { appName: 'daybook' }),
});

const connected = new WeakMap<Connection, MongoSettings>();

/**
 * The ledger's database through a client of its own, to be closed with it: for what may be silent for longer than an operation, which the driver
 * lets nobody say of a `getMore`. Rejects with the driver's errors.
 */
export const connectBeside = async (connection: Connection, silence: number): Promise<mongo.Db> => {
  const settings = connected.get(connection);
  if (!settings) throw new Error('the connection was not made by connectMongo');
  const client = new mongo.MongoClient(settings.uri, {
    ...optionsOf(settings),
    minPoolSize: 0,
    maxPoolSize: 1,
    socketTimeoutMS: silence,
  });
  try {
    return (await client.connect()).db(connection.name);
  } catch (error) {
    await client.close();
    throw error;
  }
};

/**
 * A connection of its own for one ledger; models belong to it, never to a module. Rejects with UnsuitableMongo where the
 * server cannot be reached or is no replica set.
 */
export const connectMongo = async (settings: MongoSettings): Promise<Connection> => {
  const { uri, meter } = settings;
  const connection = createConnection(uri, {
    ...optionsOf(settings),
    dbName: decodeURIComponent(databaseIn(uri)),
    bufferCommands: false,
    autoCreate: false,
    autoIndex: false,
  });
  connected.set(connection, settings);
  try {
    await connection.asPromise();
    mustCarryLedger(await connection.getClient().db().command({ hello: 1 }));
    if (meter) watchPool(connection, meter);
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw unsuitable(error);
  }
};
