import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Connection } from 'mongoose';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { connectMongo, databaseOf } from '../../src/storage/mongo/connection.ts';

const TIMEOUT = 3_000;

// Far more than the system takes from a process for another that does not read it.
const MUCH = Array.from({ length: 40 }, (_, _id) => ({ _id, text: 'x'.repeat(1_000_000) }));

/** What stands between the driver and a mongod, and can stop reading what the driver sends. */
const openRelay = async (port: number) => {
  const nears = new Set<Socket>();
  const server = createServer((near) => {
    nears.add(near);
    const far = connect(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stopReading: () => nears.forEach((near) => near.unpipe().pause()),
    close: () => {
      server.close();
      nears.forEach((near) => near.destroy());
    },
  };
};

describe('a connection that is lost while a large command is being sent', () => {
  let relay: Awaited<ReturnType<typeof openRelay>>;
  let connection: Connection | undefined;

  beforeEach(async () => {
    const [, port] = /:(\d+)/.exec(inject('mongoUri').replace('mongodb://', '')) ?? [];
    relay = await openRelay(Number(port));
  });
  afterEach(async () => {
    relay.close();
    await connection?.close();
  });

  it('is noticed: nobody waits for ever', { timeout: 30_000 }, async () => {
    const uri = `mongodb://127.0.0.1:${relay.port}/lost-connection?directConnection=true`;
    connection = await connectMongo({ uri, timeout: TIMEOUT, poolSize: 2 });
    const collection = databaseOf(connection).collection<(typeof MUCH)[number]>('texts');
    await collection.deleteMany({});
    const inserting = collection.insertMany(MUCH).then(
      () => 'inserted',
      (error: unknown) => String(error),
    );
    relay.stopReading();
    const settled = await Promise.race([inserting, new Promise((resolve) => setTimeout(resolve, 20_000, 'for ever'))]);
    expect(settled).not.toBe('for ever');
  });
});
