import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { threeNodes } from '../../bench/servers/three-node-set.ts';
import { ResumeTokenLost } from '../../src/application/ports/event-feed.ts';
import { databaseOf } from '../../src/storage/mongo/connection.ts';
import { openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';
import { append } from '../contract/fixture.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { streamUpTo } from '../support/recorded-events.ts';
import { sealerOver } from '../support/sealers.ts';
import { verifyJournal } from '../support/verify-journal.ts';
import { temporaryDirectories } from './local-mongod/support.ts';

const LIMIT = 90_000;

describe('the sealer of a store that is not what it was', () => {
  const directories = temporaryDirectories();
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await directories.removeAll();
  });

  const openOn = async (uri: string): Promise<TestDatabase> => {
    const database = await openTestDatabase(uri);
    closing.push(() => database.connection.close());
    return database;
  };

  const isForgotten = async ({ storage }: TestDatabase, token: string): Promise<boolean> => {
    const stop = new AbortController();
    try {
      const feed = storage.feed.follow(token, stop.signal)[Symbol.asyncIterator]();
      await feed.next();
      await feed.return?.();
      return false;
    } catch (error) {
      if (error instanceof ResumeTokenLost) return true;
      throw error;
    }
  };

  /** Writes what has nothing to do with the ledger until the oplog no longer reaches back to this token. */
  const rollOplogOver = async (database: TestDatabase, token: string): Promise<void> => {
    const other = databaseOf(database.connection).collection('other');
    const padding = 'x'.repeat(200_000);
    const limit = performance.now() + LIMIT;
    while (!(await isForgotten(database, token))) {
      if (performance.now() > limit) throw new Error('the oplog has not rolled over');
      for (let round = 0; round < 5; round += 1)
        await other.insertMany(Array.from({ length: 20 }, () => ({ padding })));
    }
  };

  it('goes on, and skips nothing, where the oplog has rolled over while nobody sealed', async () => {
    const replicaSet = await openLocalReplicaSet({
      dataDirectory: await directories.make(),
      findMongod: () => Promise.resolve(inject('mongodPath')),
      report: () => undefined,
      attach: false,
      purpose: 'npm test',
      mongodArguments: ['--oplogSize', '10'],
    });
    closing.push(() => replicaSet.stop());
    const database = await openOn(replicaSet.uri);
    const { storage } = database;
    const untilSealed = async (count: number): Promise<void> => {
      await expect.poll(async () => (await storage.journal.head())?.treeSize, { timeout: LIMIT }).toBe(count);
    };

    const before = sealerOver(storage);
    before.start();
    await append(storage, streamUpTo('before', 300));
    await untilSealed(300);
    await before.stop();
    const token = (await storage.journal.head())?.resumeToken ?? '';

    for (let account = 0; account < 10; account += 1) await append(storage, streamUpTo(`meanwhile-${account}`, 150));
    await rollOplogOver(database, token);

    const after = sealerOver(storage);
    closing.push(() => after.stop());
    after.start();
    await untilSealed(1_800);
    await append(storage, streamUpTo('after', 50));
    await untilSealed(1_850);
    expect(await verifyJournal(storage)).toEqual([]);
  }, 180_000);

  it('goes on with another primary after kill -9 of the first, with every event that was acknowledged', async () => {
    const set = await threeNodes(await directories.make(), () => Promise.resolve(inject('mongodPath')));
    closing.push(() => set.stop());
    const { storage } = await openOn(set.uri);
    const sealer = sealerOver(storage);
    closing.push(() => sealer.stop());
    sealer.start();

    const acknowledged: string[] = [];
    const writing = { isOver: false, failures: 0 };
    const write = async (writer: number): Promise<void> => {
      for (let account = 0; !writing.isOver; account += 1) {
        const events = streamUpTo(`writer-${writer}-${account}`, 3);
        try {
          await append(storage, events);
          acknowledged.push(...events.map(({ eventId }) => eventId));
        } catch {
          writing.failures += 1;
          await sleep(100);
        }
      }
    };
    const writers = [0, 1, 2].map(write);
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(300);
    process.kill(set.pids[0] ?? 0, 'SIGKILL');
    const atKill = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: LIMIT }).toBeGreaterThan(atKill + 300);
    writing.isOver = true;
    await Promise.all(writers);

    await expect.poll(() => storage.feed.firstUnsealed(), { timeout: LIMIT }).toBeUndefined();
    expect(writing.failures).toBeGreaterThan(0);
    expect((await storage.journal.positionsOf(acknowledged)).size).toBe(acknowledged.length);
    expect(await verifyJournal(storage)).toEqual([]);
  }, 240_000);
});
