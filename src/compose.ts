import { randomInt } from 'node:crypto';
import { AccountCache } from './application/commit/account-cache.ts';
import { BatchSettler } from './application/commit/settle-batch.ts';
import { Snapshotter } from './application/commit/snapshotter.ts';
import type { Wording } from './application/commands/command.ts';
import { apiWording } from './http/presenters/answers.ts';
import { Ledger } from './application/ledger.ts';
import type { Clock } from './application/ports/clock.ts';
import type { Log } from './application/ports/log.ts';
import type { Storage } from './application/ports/storage.ts';
import type { Row } from './application/ports/table.ts';
import { newId } from './application/new-id.ts';
import { queriesOver, type Queries } from './application/queries/queries.ts';
import type { Environment } from './config/environment.ts';
import type { EventId } from './domain/event/event-id.ts';
import { instant } from './domain/time/instant.ts';
import type { Services } from './http/endpoint.ts';
import { projections } from './projections/index.ts';
import type { Projection } from './projections/projection.ts';
import { openMemoryStorage } from './storage/memory/memory-storage.ts';
import { connectMongo } from './storage/mongo/connection.ts';
import { findMongod } from './storage/mongo/local/find-mongod.ts';
import { openLocalReplicaSet } from './storage/mongo/local/local-replica-set.ts';
import { MongodNotFound } from './storage/mongo/local/mongod-not-found.ts';
import { migrate } from './storage/mongo/migrations/migrate.ts';
import { openMongoStorage } from './storage/mongo/mongo-storage.ts';

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
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
};

export type OpenedStorage = {
  readonly storage: Storage;
  /** Where the ledger is, without credentials. */
  readonly place: string;
  /** Calls back when Daybook's own mongod ends by itself. */
  readonly onLost: (callback: (reason: Error) => void) => void;
  readonly close: () => Promise<void>;
};

export const systemClock: Clock = { now: () => instant(Date.now()) };

const inMemory = (report: Surroundings['report']): OpenedStorage => {
  const storage = openMemoryStorage();
  report('');
  report('*** MEMORY ONLY: everything is lost when this process ends. For trying Daybook, never for money. ***');
  report('');
  return { storage, place: 'memory', onLost: () => undefined, close: () => storage.close() };
};

const SCRIPT_TIMEOUT = 600_000;

const withoutCredentials = (uri: string): string => uri.replace(/\/\/[^@/]*@/, '//');

const inMongo = async (
  uri: string,
  { environment, attach, report }: Surroundings,
): Promise<Pick<OpenedStorage, 'storage' | 'place'>> => {
  // Scripts read whole collections, and nobody waits at the other end of a socket.
  const { DAYBOOK_MONGO_TIMEOUT_MS: selectionTimeout, DAYBOOK_MONGO_POOL: poolSize } = environment;
  const timeout = attach ? SCRIPT_TIMEOUT : selectionTimeout;
  const connection = await connectMongo({ uri, timeout, selectionTimeout, poolSize });
  try {
    const ran = await migrate(connection.getClient().db(connection.name), () => new Date());
    for (const id of ran) report(`migrated the database: ${id}`);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return { storage: openMongoStorage(connection, timeout), place: withoutCredentials(uri) };
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
    const { storage } = await inMongo(replicaSet.uri, surroundings);
    const close = async (): Promise<void> => {
      await storage.close();
      await replicaSet.stop();
    };
    const place = `${environment.DAYBOOK_DATA_DIR} (mongod, pid ${replicaSet.pid})`;
    return { storage, place, onLost: (callback) => replicaSet.onUnexpectedExit(callback), close };
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
    return { ...opened, onLost: () => undefined, close: () => opened.storage.close() };
  }
  try {
    return await inOwnMongo(surroundings);
  } catch (error) {
    if (!(error instanceof MongodNotFound) || !mayFallBackToMemory(surroundings)) throw error;
    report(error.message);
    return inMemory(report);
  }
};

/** The ledger over one storage. */
export type Daybook = {
  readonly ledger: Ledger;
  readonly queries: Queries;
  readonly services: Services;
  /** Says that the end is near: not ready any more, and connections are closed behind each answer. Commands are still taken. */
  readonly announceEnd: () => void;
  /** Takes no more commands, and resolves when all that were taken have their outcome. */
  readonly drain: () => Promise<void>;
};

export type Limits = Pick<
  Environment,
  | 'DAYBOOK_BATCH_LIMIT'
  | 'DAYBOOK_QUEUE_LIMIT'
  | 'DAYBOOK_COMMAND_TIMEOUT_MS'
  | 'DAYBOOK_ACCOUNT_CACHE'
  | 'DAYBOOK_IDEMPOTENCY_KEY_DAYS'
>;

const DAY = 86_400_000;

export type Parts = {
  readonly clock: Clock;
  readonly projections: readonly Projection<Row>[];
  readonly wording: Wording;
};

/** Every dependency of the application, built once. Its parts can be others in tests. */
export const composeDaybook = (storage: Storage, limits: Limits, log: Log, parts: Partial<Parts> = {}): Daybook => {
  const clock = parts.clock ?? systemClock;
  const snapshotter = new Snapshotter(storage, log);
  const settler = new BatchSettler({
    storage,
    projections: parts.projections ?? projections,
    accounts: new AccountCache(storage, snapshotter, limits.DAYBOOK_ACCOUNT_CACHE),
    snapshotter,
    wording: parts.wording ?? apiWording,
    clock,
    log,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    keepKeysFor: limits.DAYBOOK_IDEMPOTENCY_KEY_DAYS * DAY,
  });
  const ledger = new Ledger(settler, clock, {
    batch: limits.DAYBOOK_BATCH_LIMIT,
    queue: limits.DAYBOOK_QUEUE_LIMIT,
    commandTimeout: limits.DAYBOOK_COMMAND_TIMEOUT_MS,
  });
  const queries = queriesOver(storage, clock);
  let isEnding = false;
  const services: Services = {
    ledger,
    queries,
    clock,
    newEventId: () => newId() as EventId,
    pingStorage: () => storage.ping(),
    isDraining: () => isEnding,
  };
  const drain = async (): Promise<void> => {
    isEnding = true;
    await ledger.drain();
    await snapshotter.drain();
  };
  return { ledger, queries, services, announceEnd: () => void (isEnding = true), drain };
};
