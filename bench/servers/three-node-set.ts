import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, MongoClient } from 'mongodb';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import { type KeptMongod, startKept } from '../../src/storage/mongo/local/keeper.ts';
import type { StartMongods } from './database.ts';

const HOST = '127.0.0.1';
const NAME = 'three';
const NODES = 3;
const READY_LIMIT_MS = 60_000;

// Three caches of the default size, half of the machine each, would not fit beside each other.
const CACHE_GB = '2';
const TRANSACTION_LIFETIME = 'transactionLifetimeLimitSeconds=5';

type Node = { readonly port: number; readonly kept: KeptMongod };

export type NodeOptions = {
  readonly mongod: string;
  readonly directory: string;
  /** Where it listens, and what its data is called: the same port gives the same node again. */
  readonly port: number;
  readonly arguments?: readonly string[];
};

export const startNode = async ({ mongod, directory, port, ...more }: NodeOptions): Promise<Node> => {
  const path = join(directory, `node-${port}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const kept = await startKept(mongod, [
    ...['--dbpath', path, '--logpath', join(directory, `node-${port}.log`), '--logappend'],
    ...['--replSet', NAME, '--bind_ip', HOST, '--port', String(port), '--nounixsocket'],
    ...['--setParameter', TRANSACTION_LIFETIME],
    ...(more.arguments ?? ['--wiredTigerCacheSizeGB', CACHE_GB]),
  ]);
  return { port, kept };
};

/** Tries again until it gives a result, since mongod answers with errors while it starts. */
export const eventually = async <T>(attempt: () => Promise<T | undefined>): Promise<T> => {
  const giveUp = performance.now() + READY_LIMIT_MS;
  let reason: unknown;
  while (performance.now() < giveUp) {
    const result = await attempt().catch((error: unknown) => void (reason = error));
    if (result !== undefined) return result;
    await sleep(100);
  }
  throw new Error('The three-node replica set did not become ready in time.', { cause: reason });
};

export const direct = <T>(port: number, use: (client: MongoClient) => Promise<T>): Promise<T> =>
  MongoClient.connect(`mongodb://${HOST}:${port}/?directConnection=true`, { serverSelectionTimeoutMS: 2_000 }).then(
    async (client) => {
      try {
        return await use(client);
      } finally {
        await client.close();
      }
    },
  );

const ALREADY_INITIALIZED = 23;

/** Makes one set of the members, as they are to know each other; `first` is the port of one of them. */
export const initiate = (first: number, members: readonly Document[], settings: Document = {}): Promise<boolean> =>
  direct(first, async (client) => {
    try {
      await client.db('admin').command({ replSetInitiate: { _id: NAME, members, settings } });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === ALREADY_INITIALIZED) return true;
      throw error;
    }
  });

export const PRIMARY = 1;
export const SECONDARY = 2;

/** The state of every member, as the one at this port sees it. */
export const statesSeenBy = (client: MongoClient): Promise<readonly number[]> =>
  client
    .db('admin')
    .command({ replSetGetStatus: 1 })
    .then(({ members }) => (members as Document[]).map(({ state }) => Number(state)));

const isComplete = (first: number): Promise<true | undefined> =>
  direct(first, async (client) => {
    const states = await statesSeenBy(client);
    return states[0] === PRIMARY && states.slice(1).every((state) => state === SECONDARY) ? true : undefined;
  });

/** How a client connects to the set whose members it reaches at these ports. */
export const uriOf = (ports: readonly number[]): string =>
  `mongodb://${ports.map((port) => `${HOST}:${port}`).join()}/?replicaSet=${NAME}`;

/** Three mongods on this machine as one replica set: majority means two journals, and no network between them. */
export const threeNodes: StartMongods = async (directory, find) => {
  const mongod = await find();
  const nodes: Node[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(({ kept }) => kept.stop()));
  };
  try {
    for (let node = 0; node < NODES; node += 1) {
      nodes.push(await startNode({ mongod, directory, port: await freePort() }));
    }
    const ports = nodes.map(({ port }) => port);
    // The first is to be primary, so that every run has the same roles.
    const members = ports.map((port, _id) => ({ _id, host: `${HOST}:${port}`, priority: _id === 0 ? 2 : 1 }));
    await eventually(() => initiate(ports[0] ?? 0, members));
    await eventually(() => isComplete(ports[0] ?? 0));
    return { uri: uriOf(ports), pids: nodes.map(({ kept }) => kept.pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
