import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { type ApiServer, startApiServer } from '../servers/api-server.ts';
import type { Closing } from '../servers/closing.ts';
import { ledger } from '../servers/contender.ts';
import { type Database, oneNode, openDatabase } from '../servers/database.ts';
import { type HistoryOrder, writeHistory } from './history.ts';

/** A ledger that has its past. */
export type Filled = { readonly uri: string; readonly database: Db; readonly accountIds: readonly string[] };

/** What the checks of this directory run on: one mongod, and what was started on it. */
export type Stage = {
  readonly closing: Closing;
  readonly report: (line: string) => void;
  readonly mongod: Database;
  /** Fills a database of this name, unless that was done by an earlier run that kept it. */
  readonly filled: (name: string, orders: readonly HistoryOrder[]) => Promise<Filled>;
  readonly api: (filled: Filled) => Promise<ApiServer>;
};

type Fill = { readonly _id: string; readonly accountIds: readonly string[]; readonly orders: string };

const POLL = 200;

/** With a directory, the databases are kept in it, for the next run. */
export const openStage = async (
  closing: Closing,
  report: (line: string) => void,
  keptIn: string | undefined,
): Promise<Stage> => {
  if (keptIn !== undefined) await mkdir(keptIn, { recursive: true });
  const mongod = await openDatabase(oneNode(report), closing, report, keptIn);
  const client = await closing.open(
    () => MongoClient.connect(mongod.uriOf('scale'), { useBigInt64: true }),
    (connected) => connected.close(),
  );
  const fills = client.db('scale').collection<Fill>('fills');
  return {
    closing,
    report,
    mongod,
    filled: async (name, orders) => {
      const uri = mongod.uriOf(name);
      const database = client.db(name);
      const wanted = JSON.stringify(orders);
      const found = await fills.findOne({ _id: name, orders: wanted });
      if (found) return { uri, database, accountIds: found.accountIds };
      await database.dropDatabase();
      const accountIds = await writeHistory(uri, orders, report);
      await fills.replaceOne({ _id: name }, { accountIds, orders: wanted }, { upsert: true });
      return { uri, database, accountIds };
    },
    api: ({ uri }) =>
      closing.open(
        () => startApiServer({ contender: ledger, mongoUri: uri, directory: mongod.directory, flags: [] }),
        (server) => server.stop(),
      ),
  };
};

type Head = { readonly _id: bigint; readonly treeSize: bigint };

const sealedIn = async ({ database }: Filled): Promise<number> => {
  const options = { sort: { _id: -1 }, projection: { treeSize: 1 } } as const;
  return Number((await database.collection<Head>('journal').findOne({}, options))?.treeSize ?? 0);
};

/** Waits until the API that runs on it has sealed every event; gives how many it sealed in a second, or undefined if there was nothing left to do. */
export const untilSealed = async (filled: Filled, { report }: Stage): Promise<number | undefined> => {
  const events = await filled.database.collection('events').countDocuments();
  const before = await sealedIn(filled);
  if (before === events) return undefined;
  const begun = performance.now();
  for (let sealed = before; sealed < events; sealed = await sealedIn(filled)) await sleep(POLL);
  const perSecond = ((events - before) * 1_000) / (performance.now() - begun);
  report(`sealed ${events - before} events, ${Math.round(perSecond)} a second`);
  return perSecond;
};
