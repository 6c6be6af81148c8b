import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, MongoServerError, type Db } from 'mongodb';
import { z } from 'zod';

export const replicaSetName = 'rs0';
const host = '127.0.0.1';
const alreadyInitialized = 23;

const storedConfig = z.looseObject({
  version: z.number(),
  members: z.array(z.looseObject({ host: z.string() })).length(1),
});

export const uriOf = (port: number): string => `mongodb://${host}:${port}/?replicaSet=${replicaSetName}`;

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const initiate = async (admin: Db, member: string): Promise<void> => {
  try {
    await admin.command({ replSetInitiate: { _id: replicaSetName, members: [{ _id: 0, host: member }] } });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === alreadyInitialized)) throw error;
  }
};

/** The stored configuration names the port of the last start: a node that is not at that port is no member of its own set. */
const configure = async (client: MongoClient, member: string): Promise<void> => {
  const admin = client.db('admin');
  const stored = await client.db('local').collection('system.replset').findOne({});
  if (!stored) return initiate(admin, member);
  const config = storedConfig.parse(stored);
  if (config.members[0]?.host === member) return;
  const members = config.members.map((each) => ({ ...each, host: member }));
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
};

const isPrimary = async (client: MongoClient): Promise<boolean> =>
  (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true;

/**
 * Waits until the mongod at this port is the primary of its one-node replica set, setting the set up where needed.
 * mongod answers with errors while it recovers, so everything is tried again until the signal aborts.
 */
export const becomePrimary = async (port: number, signal: AbortSignal): Promise<void> => {
  while (!(await accepts(port))) await sleep(20, undefined, { signal });
  const client = new MongoClient(`mongodb://${host}:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 5_000,
  });
  const member = `${host}:${port}`;
  try {
    for (;;) {
      const ready = await isPrimary(client).catch(() => false);
      if (ready) return;
      await configure(client, member).catch(() => undefined);
      await sleep(20, undefined, { signal });
    }
  } finally {
    await client.close();
  }
};
