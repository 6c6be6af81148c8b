import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../src/storage/mongo/local/find-mongod.ts';
import { type LocalReplicaSetOptions, openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';
import type { Closing } from './closing.ts';

/** A MongoDB for this run only. */
export type Database = {
  /** Of every mongod that belongs to it. */
  readonly pids: readonly number[];
  /** A directory that goes with it. */
  readonly directory: string;
  readonly uriOf: (name: string) => string;
  /** Transactions that its primary has committed since it was started. */
  readonly committedTransactions: () => Promise<number>;
  readonly drop: (name: string) => Promise<void>;
};

export type Mongods = { readonly uri: string; readonly pids: readonly number[]; readonly stop: () => Promise<void> };

/** Starts the mongods of a database, with their data below this directory. */
export type StartMongods = (directory: string, find: () => Promise<string>) => Promise<Mongods>;

type ServerStatus = { readonly transactions: { readonly totalCommitted: number | bigint } };

const removeDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });

/** One mongod, as `npm start` runs it. */
export const oneNode =
  (report: (line: string) => void): StartMongods =>
  async (directory, find) => {
    const options: LocalReplicaSetOptions = {
      dataDirectory: join(directory, 'data'),
      findMongod: find,
      report,
      attach: false,
      purpose: 'npm run bench',
    };
    const replicaSet = await openLocalReplicaSet(options);
    return { uri: replicaSet.uri, pids: [replicaSet.pid], stop: () => replicaSet.stop() };
  };

/** Starts it, and leaves with `closing` how it is ended and removed; with a directory to keep it in, it is only ended. */
export const openDatabase = async (
  start: StartMongods,
  closing: Closing,
  report: (line: string) => void,
  keptIn?: string,
): Promise<Database> => {
  const directory = keptIn ?? (await closing.open(() => mkdtemp(join(tmpdir(), 'daybook-bench-')), removeDirectory));
  const find = (): Promise<string> =>
    findMongod({ environment: process.env, mongodPath: process.env.MONGOD_PATH }, report);
  const { uri, pids } = await closing.open(
    () => start(directory, find),
    (mongods) => mongods.stop(),
  );
  const client = await closing.open(
    () => MongoClient.connect(uri),
    (connected) => connected.close(),
  );
  return {
    pids,
    directory,
    uriOf: (name) => uri.replace('/?', `/${name}?`),
    committedTransactions: async () => {
      const { transactions } = (await client.db('admin').command({ serverStatus: 1 })) as unknown as ServerStatus;
      return Number(transactions.totalCommitted);
    },
    drop: async (name) => {
      await client.db(name).dropDatabase();
    },
  };
};
