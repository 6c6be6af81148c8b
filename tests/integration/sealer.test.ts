import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { instant } from '../../src/domain/time/instant.ts';
import type { Duty } from '../../src/application/duty.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import { append } from '../contract/fixture.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { accountOpenedAtSchemaVersion1, moneyDeposited, noon, streamUpTo } from '../support/recorded-events.ts';
import { sealerOver } from '../support/sealers.ts';
import { verifyJournal } from '../support/verify-journal.ts';

type BlockDocument = { _id: bigint; resumeToken?: string; sealedAt: Date; eventIds: string[] };

describe('the sealer', () => {
  let database: TestDatabase;
  let storage: Storage;
  const running = new Set<Duty>();

  beforeEach(async () => {
    database = await openTestDatabase();
    storage = database.storage;
  });
  afterEach(async () => {
    await Promise.all([...running].map((sealer) => sealer.stop()));
    running.clear();
    await database.drop();
  });

  const blocks = (): Collection<BlockDocument> =>
    database.connection.getClient().db(database.connection.name).collection<BlockDocument>('journal');

  const start = (...on: Parameters<typeof sealerOver>): Duty => {
    const sealer = sealerOver(...on);
    running.add(sealer);
    sealer.start();
    return sealer;
  };

  /** Resolves when so many events are sealed. */
  const untilSealed = async (count: number): Promise<void> => {
    await expect.poll(async () => (await storage.journal.head())?.treeSize, { timeout: 30_000 }).toBe(count);
  };

  /** Everything appended at once, sealed, and the sealer stopped. */
  const sealed = async (events: readonly RecordedEvent[], count: number): Promise<void> => {
    await append(storage, events);
    const sealer = start(storage);
    await untilSealed(count);
    await sealer.stop();
  };

  it('seals what is committed while it runs, in the order of commits', async () => {
    start(storage);
    const [a, b] = [streamUpTo('a', 40), streamUpTo('b', 40)];
    for (let index = 0; index < 40; index += 1) {
      await append(
        storage,
        [a, b].flatMap((stream) => stream[index] ?? []),
      );
    }
    await untilSealed(80);
    expect(await verifyJournal(storage)).toEqual([]);
    const positions = await storage.journal.positionsOf([...a, ...b].map(({ eventId }) => eventId));
    expect(a.map(({ eventId }) => positions.get(eventId))).toEqual(a.map((_, index) => index * 2 + 1));
    expect(b.map(({ eventId }) => positions.get(eventId))).toEqual(b.map((_, index) => index * 2 + 2));
  });

  it('goes on where the collection of events was put aside and brought back, and seals nothing twice', async () => {
    await sealed(streamUpTo('a', 30), 30);
    const admin = database.connection.getClient().db('admin');
    const [events, aside] = ['events', 'aside'].map((name) => `${database.connection.name}.${name}`);
    await append(storage, streamUpTo('b', 5));
    await admin.command({ renameCollection: events, to: aside });
    await admin.command({ renameCollection: aside, to: events });
    await append(storage, streamUpTo('c', 5));
    const sealer = start(storage);
    await untilSealed(40);
    await admin.command({ renameCollection: events, to: aside });
    await admin.command({ renameCollection: aside, to: events });
    await append(storage, streamUpTo('d', 5));
    await untilSealed(45);
    await sealer.stop();
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('seals a ledger that had no journal, old shapes as they are, by the time of recording', async () => {
    const old = accountOpenedAtSchemaVersion1('old');
    await append(storage, [old, moneyDeposited('old', 2, 5n)]);
    const streams = Array.from({ length: 30 }, (_, index) => streamUpTo(`stream-${index}`, 100));
    for (const stream of streams) await append(storage, stream);
    start(storage);
    await untilSealed(3_002);
    await append(storage, [moneyDeposited('old', 3, 7n)]);
    await untilSealed(3_003);
    expect(await verifyJournal(storage)).toEqual([]);
    const times: number[] = [];
    for await (const { eventIds } of storage.journal.from(1)) {
      times.push(...(await storage.feed.asRecorded(eventIds)).map(({ recordedAt }) => recordedAt));
    }
    expect(times.slice(0, -1)).toEqual(times.slice(0, -1).sort((left, right) => left - right));
  });

  it.each(['82', 'no token at all', ''])(
    'goes on where the token %j of the last block leads nowhere',
    async (token) => {
      await sealed(streamUpTo('before', 300), 300);
      const last = await storage.journal.head();
      const change = token === '' ? { $unset: { resumeToken: '' } } : { $set: { resumeToken: token } };
      await blocks().updateOne({ _id: BigInt(last?.number ?? 0) }, change as never);
      await append(storage, [moneyDeposited('before', 301, 1n)]);
      await append(storage, streamUpTo('meanwhile', 1_500));
      start(storage);
      await untilSealed(1_801);
      await append(storage, [moneyDeposited('before', 302, 1n)]);
      await untilSealed(1_802);
      expect(await verifyJournal(storage)).toEqual([]);
      expect((await storage.journal.head())?.resumeToken).not.toBeUndefined();
    },
  );

  it('finds nothing twice where the token of a recovery tells of what is sealed already', async () => {
    const following = start(storage);
    for (let round = 0; round < 20; round += 1) await append(storage, streamUpTo(`account-${round}`, 20));
    await untilSealed(400);
    await following.stop();
    await blocks().updateMany({}, { $unset: { resumeToken: '' } });
    const busy = (async () => {
      for (let round = 0; round < 100; round += 1) await append(storage, [...streamUpTo(`busy-${round}`, 5)]);
    })();
    start(storage);
    await busy;
    await untilSealed(900);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('a recovery that was cut off is begun again, and what it had sealed is not sealed twice', async () => {
    for (let index = 0; index < 25; index += 1) await append(storage, streamUpTo(`account-${index}`, 200));
    for (let round = 0; round < 8; round += 1) {
      const sealer = start(storage);
      await sleep(60 + round * 15);
      await sealer.stop();
    }
    start(storage);
    await untilSealed(5_000);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('three at once, each on a connection of its own, seal every event once', async () => {
    const connect = () => connectMongo({ uri: database.uri, timeout: 10_000, poolSize: 5 });
    const connections = await Promise.all([connect(), connect(), connect()]);
    for (const connection of connections) start(openMongoStorage(connection, 10_000));
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (const event of streamUpTo(`writer-${writer}`, 250)) await append(storage, [event]);
    });
    await Promise.all(writing);
    await untilSealed(1_000);
    expect(await verifyJournal(storage)).toEqual([]);
    await Promise.all([...running].map((sealer) => sealer.stop()));
    await Promise.all(connections.map((connection) => connection.close()));
  });

  it('goes on behind a document that somebody has put among the events past every check', async () => {
    start(storage);
    await append(storage, streamUpTo('before', 5));
    await untilSealed(5);
    const events = database.connection.getClient().db(database.connection.name).collection<{ _id: string }>('events');
    const forged = { _id: 'forged', streamId: 'account-before', version: 99, recordedAt: 'yesterday' };
    await events.insertOne(forged, { bypassDocumentValidation: true });
    await append(storage, [moneyDeposited('before', 6, 1n)]);
    await untilSealed(6);
    await events.deleteOne({ _id: 'forged' });
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('goes on behind an event with a value that has no canonical form, put in past every check', async () => {
    start(storage);
    await append(storage, streamUpTo('before', 5));
    await untilSealed(5);
    const events = database.connection.getClient().db(database.connection.name).collection<{ _id: string }>('events');
    const last = await events.findOne({ streamId: 'account-before', version: 5 });
    const forged = { ...last, _id: 'fraction', streamId: 'account-other', data: { amount: 0.5, currency: 'EUR' } };
    await events.insertOne(forged, { bypassDocumentValidation: true });
    await append(storage, [moneyDeposited('before', 6, 1n)]);
    await untilSealed(6);
    expect((await storage.journal.positionsOf(['fraction'])).size).toBe(0);
    await events.deleteOne({ _id: 'fraction' });
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('writes the tiles that a killed one has left out', async () => {
    await sealed(streamUpTo('tiled', 900), 900);
    const tiles = database.connection.getClient().db(database.connection.name).collection('journal_tiles');
    await expect.poll(() => tiles.countDocuments()).toBe(3);
    await tiles.deleteMany({ '_id.index': { $gt: 0 } });
    await sealed(streamUpTo('more', 300), 1_200);
    // Written behind the block, and read here when most of the set has it.
    await expect.poll(() => tiles.countDocuments()).toBe(4);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('never seals a block before the one before it, whatever the clock says', async () => {
    await sealed(streamUpTo('now', 1), 1);
    const before = (await storage.journal.head())?.sealedAt;
    await append(storage, streamUpTo('later', 1));
    start(storage, { now: () => instant(noon) });
    await untilSealed(2);
    expect((await storage.journal.head())?.sealedAt).toBe(before);
    expect(await verifyJournal(storage)).toEqual([]);
  });
});
