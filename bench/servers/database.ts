import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../src/storage/mongo/local/find-mongod.ts';
import { type LocalReplicaSetOptions, openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';
import type { Closing } from './closing.ts';

/** A MongoDB for this run only. */
export type Database = {
  readonly pid: number;
  /** An empty directory that goes with it. */
  readonly directory: string;
  readonly uriOf: (name: string) => string;
  /** Transactions that it has committed since it was started. */
  readonly committedTransactions: () => Promise<number>;
};

type ServerStatus = { readonly transactions: { readonly totalCommitted: number | bigint } };

const removeDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });

/** Starts it, and leaves with `closing` how it is ended and removed. */
export const openDatabase = async (closing: Closing, report: (line: string) => void): Promise<Database> => {
  const directory = await closing.open(() => mkdtemp(join(tmpdir(), 'daybook-bench-')), removeDirectory);
  const options: LocalReplicaSetOptions = {
    dataDirectory: join(directory, 'data'),
    findMongod: () => findMongod({ environment: process.env, mongodPath: process.env.MONGOD_PATH }, report),
    report,
    attach: false,
    purpose: 'npm run bench',
  };
  const { pid, uri } = await closing.open(
    () => openLocalReplicaSet(options),
    (replicaSet) => replicaSet.stop(),
  );
  const client = await closing.open(
    () => MongoClient.connect(uri),
    (connected) => connected.close(),
  );
  return {
    pid,
    directory,
    uriOf: (name) => {
      const named = new URL(uri);
      named.pathname = `/${name}`;
      return named.href;
    },
    committedTransactions: async () => {
      const { transactions } = (await client.db('admin').command({ serverStatus: 1 })) as unknown as ServerStatus;
      return Number(transactions.totalCommitted);
    },
  };
};
