import type { Storage } from './application/ports/storage.ts';
import { StorageUnavailable } from './application/ports/storage-errors.ts';
import type { Environment } from './config/environment.ts';
import { openMemoryStorage } from './storage/memory/memory-storage.ts';
import { connectMongo, databaseOf } from './storage/mongo/connection.ts';
import { findMongod } from './storage/mongo/local/find-mongod.ts';
import { openLocalReplicaSet } from './storage/mongo/local/local-replica-set.ts';
import { MongodNotFound } from './storage/mongo/local/mongod-not-found.ts';
import { migrate, WAITS_FOR_OTHER } from './storage/mongo/migrations/migrate.ts';
import { openMongoStorage } from './storage/mongo/mongo-storage.ts';
import type { PoolMeter } from './storage/mongo/watch-pool.ts';
import { mustBeWhole, Restoration } from './storage/mongo/restoration.ts';

export type Surroundings = {
  readonly environment: Environment;
  /** The process's own environment, for the programs that it starts. */
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** What this process is to the user, such as `npm start`. */
  readonly purpose: string;
  /** Whether to use the mongod that another process runs on the same data directory, as the scripts do. */
  readonly attach: boolean;
  /** Whether memory may stand in where no mongod can be had: only for `npm start`, never in production or CI. */
  readonly mayFallBackToMemory: boolean;
  /** Whether this is what brings a ledger back, and so may see half of one. */
  readonly restores?: boolean;
  /** Left out: nobody asks what is done on connections. */
  readonly meter?: PoolMeter;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
};

export type OpenedStorage = {
  readonly storage: Storage;
  /** Where the ledger is, without credentials. */
  readonly place: string;
  /** Where other processes find the same storage; undefined where they cannot. */
  readonly uri: string | undefined;
  /** The same ledger, on connections of its own and as the user who may rebuild. Rejects with StorageUnavailable. */
  readonly openForRebuilds: () => Promise<Storage>;
  /** Where a ledger can be brought back into it; undefined in memory. */
  readonly restoration: Restoration | undefined;
  /** Calls back when Daybook's own mongod ends by itself. */
  readonly onLost: (callback: (reason: Error) => void) => void;
  readonly close: () => Promise<void>;
};

const inMemory = (report: Surroundings['report']): OpenedStorage => {
  const storage = openMemoryStorage();
  report('');
  report('*** MEMORY ONLY: everything is lost when this process ends. For trying Daybook, never for money. ***');
  report('');
  const nowhere = { uri: undefined, restoration: undefined, openForRebuilds: () => Promise.resolve(storage) };
  return { storage, place: 'memory', ...nowhere, onLost: () => undefined, close: () => storage.close() };
};

const SCRIPT_TIMEOUT = 600_000;

const withoutCredentials = (uri: string): string => uri.replace(/\/\/[^@/]*@/, '//');

const REBUILD_POOL = 4;

/** Opened when it is first asked for. A rebuild waits for reads longer than a command would, and takes no connection away from one. */
const rebuildStorage = (uri: string, selectionTimeout: number) => {
  let opening: Promise<Storage> | undefined;
  const open = async (): Promise<Storage> => {
    try {
      const settings = { uri, timeout: SCRIPT_TIMEOUT, selectionTimeout, poolSize: REBUILD_POOL };
      return openMongoStorage(await connectMongo(settings), SCRIPT_TIMEOUT);
    } catch (cause) {
      opening = undefined;
      throw new StorageUnavailable('no connection for rebuilds', { cause });
    }
  };
  return {
    open: () => (opening ??= open()),
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
};

const inMongo = async (
  uri: string,
  { environment, attach, restores = false, meter, report }: Surroundings,
): Promise<Omit<OpenedStorage, 'onLost'>> => {
  // Scripts read whole collections, and nobody waits at the other end of a socket.
  const { DAYBOOK_MONGO_TIMEOUT_MS: selectionTimeout, DAYBOOK_MONGO_POOL: poolSize } = environment;
  const timeout = attach ? SCRIPT_TIMEOUT : selectionTimeout;
  const connection = await connectMongo({ uri, timeout, selectionTimeout, poolSize, ...(meter && { meter }) });
  try {
    const ran = await migrate(
      databaseOf(connection),
      () => new Date(),
      () => report(WAITS_FOR_OTHER),
    );
    for (const id of ran) report(`migrated the database: ${id}`);
    if (!restores) await mustBeWhole(databaseOf(connection));
  } catch (error) {
    await connection.close();
    throw error;
  }
  const restoration = new Restoration(connection);
  const storage = openMongoStorage(connection, timeout);
  const rebuilds = rebuildStorage(environment.DAYBOOK_REBUILD_MONGODB_URI ?? uri, selectionTimeout);
  const close = async (): Promise<void> => {
    await rebuilds.close();
    await storage.close();
  };
  return { storage, place: withoutCredentials(uri), uri, restoration, openForRebuilds: rebuilds.open, close };
};

const inOwnMongo = async (surroundings: Surroundings): Promise<OpenedStorage> => {
  const { environment, processEnvironment, purpose, attach, report } = surroundings;
  const replicaSet = await openLocalReplicaSet({
    dataDirectory: environment.DAYBOOK_DATA_DIR,
    findMongod: () =>
      findMongod(
        {
          environment: processEnvironment,
          mongodPath: environment.MONGOD_PATH,
          mongodWheel: environment.MONGOD_WHEEL,
          cacheDirectory: environment.DAYBOOK_CACHE_DIR,
        },
        report,
      ),
    report,
    attach,
    purpose,
  });
  try {
    const opened = await inMongo(replicaSet.uri, surroundings);
    const close = async (): Promise<void> => {
      await opened.close();
      await replicaSet.stop();
    };
    const place = `${environment.DAYBOOK_DATA_DIR} (mongod, pid ${replicaSet.pid})`;
    const onLost: OpenedStorage['onLost'] = (callback) => replicaSet.onUnexpectedExit(callback);
    return { ...opened, place, onLost, close };
  } catch (error) {
    await replicaSet.stop();
    throw error;
  }
};

// Whoever names a mongod means that one: a wrong name is a mistake to be told, not a reason for keeping money in memory.
const mayFallBackToMemory = ({ mayFallBackToMemory, environment }: Surroundings): boolean =>
  mayFallBackToMemory && environment.MONGOD_PATH === undefined && environment.MONGOD_WHEEL === undefined;

/**
 * The ledger's storage, as the settings have it: memory, a MongoDB of the user's, or one that Daybook runs itself. Rejects with
 * UnsuitableMongo, MongodNotFound, LocalReplicaSetError, MigrationError, each with a sentence for the user.
 */
export const openStorage = async (surroundings: Surroundings): Promise<OpenedStorage> => {
  const { environment, report } = surroundings;
  if (environment.DAYBOOK_STORAGE === 'memory') return inMemory(report);
  if (environment.MONGODB_URI !== undefined) {
    report(`using the MongoDB that MONGODB_URI names: ${withoutCredentials(environment.MONGODB_URI)}`);
    const opened = await inMongo(environment.MONGODB_URI, surroundings);
    return { ...opened, onLost: () => undefined };
  }
  try {
    return await inOwnMongo(surroundings);
  } catch (error) {
    if (!(error instanceof MongodNotFound) || !mayFallBackToMemory(surroundings)) throw error;
    report(error.message);
    return inMemory(report);
  }
};
