import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { type CommandStartedEvent, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import type { EventGroup } from '../../src/application/ports/event-feed.ts';
import { StorageUnavailable } from '../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { connectMongo, databaseOf } from '../../src/storage/mongo/connection.ts';
import { type LocalReplicaSet, openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, openAccount, transferMoney } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { sealerOver } from '../support/sealers.ts';
import { verifyJournal } from '../support/verify-journal.ts';
import { verifyLedger } from '../support/verify-ledger.ts';
import { temporaryDirectories } from './local-mongod/support.ts';

type Fault = Readonly<Record<string, unknown>>;

const TIMEOUT = 1_000;

const faults: readonly (readonly [string, Fault])[] = [
  ['WriteConflict (112)', { errorCode: 112 }],
  ['NoSuchTransaction (251)', { errorCode: 251 }],
  ['NotWritablePrimary (10107)', { errorCode: 10107 }],
  ['MaxTimeMSExpired (50)', { errorCode: 50 }],
  ['ShutdownInProgress (91)', { errorCode: 91 }],
  ['PrimarySteppedDown (189)', { errorCode: 189 }],
  ['a connection that closes', { closeConnection: true }],
];

// The server does what it is told, and then says that it does not know whether the majority has it.
const appliedButUnknown: readonly (readonly [string, Fault])[] = [
  ['WriteConcernFailed (64)', { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } }],
  ['ShutdownInProgress (91) as its write concern error', { writeConcernError: { code: 91, errmsg: 'shutting down' } }],
];

describe('a store whose commands fail', () => {
  const directories = temporaryDirectories();
  let replicaSet: LocalReplicaSet;
  let database: TestDatabase;
  let connection: Connection;
  let storage: Storage;
  let admin: MongoClient;

  beforeAll(async () => {
    replicaSet = await openLocalReplicaSet({
      dataDirectory: await directories.make(),
      findMongod: () => Promise.resolve(inject('mongodPath')),
      report: () => undefined,
      attach: false,
      purpose: 'npm test',
      // A transaction that nobody ends holds its documents for that long; by default a minute.
      mongodArguments: ['enableTestCommands=1', 'transactionLifetimeLimitSeconds=2'].flatMap((parameter) => [
        '--setParameter',
        parameter,
      ]),
    });
    database = await openTestDatabase(replicaSet.uri);
    const uri = new URL(database.uri);
    uri.searchParams.set('monitorCommands', 'true');
    connection = await connectMongo({ uri: uri.href, timeout: 2 * TIMEOUT, poolSize: 5 });
    storage = openMongoStorage(connection, TIMEOUT);
    admin = await MongoClient.connect(replicaSet.uri, { appName: 'fault injection' });
  });
  afterEach(async () => {
    await failNothing();
    expect((await verifyLedger(database.storage)).faults).toEqual([]);
  });
  afterAll(async () => {
    await admin.close();
    await connection.close();
    await database.drop();
    await replicaSet.stop();
    await directories.removeAll();
  });

  // Only what a ledger's connection sends fails.
  const fail = (command: string, fault: Fault, mode: object | string): Promise<unknown> =>
    admin.db('admin').command({
      configureFailPoint: 'failCommand',
      mode,
      data: { failCommands: [command], appName: 'daybook', ...fault },
    });

  const failNothing = (): Promise<unknown> =>
    admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });

  /** A new payer and payee, and a transfer between them that can be sent again and again. */
  const newTransfer = async (): Promise<{ readonly send: () => Promise<Outcome>; readonly key: string }> => {
    const [payer, payee, key] = [randomUUID(), randomUUID(), randomUUID()];
    const { ledger, drain } = ledgerOver(storage);
    await ledger.submit(commandOf(openAccount(payer, 100n)));
    await ledger.submit(commandOf(openAccount(payee)));
    await drain();
    // A process that has just started: it has to read the accounts first.
    const cold = ledgerOver(storage);
    const wish = transferMoney(payer, payee, 60n);
    return { key, send: () => cold.ledger.submit(commandOf(wish, { key })) };
  };

  /** What the caller hears: the answer, or one of the two codes that tell it to come again. */
  const heard = (send: () => Promise<Outcome>): Promise<string> =>
    send().then(
      () => 'success',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );

  const untilSuccess = async (send: () => Promise<Outcome>): Promise<Outcome> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        if (attempt === 100) throw error;
        await sleep(50);
      }
    }
  };

  const effectsOf = async (key: string): Promise<readonly string[]> => {
    const { events } = await verifyLedger(database.storage);
    return events.filter(({ metadata }) => metadata.idempotencyKey === key).map(({ type }) => type);
  };

  const oneTransfer = ['TransferSent', 'TransferReceived'];

  const settlesToOneEffect = async ({ send, key }: Awaited<ReturnType<typeof newTransfer>>): Promise<Outcome> => {
    const settled = await untilSuccess(send);
    expect([...(await effectsOf(key))].sort().reverse()).toEqual(oneTransfer);
    expect((await send()).answer).toEqual(settled.answer);
    return settled;
  };

  /** Only of a repeated request is the first answer looked up. */
  const transferFor = async (command: string): ReturnType<typeof newTransfer> => {
    const transfer = await newTransfer();
    if (command === 'find') await transfer.send();
    return transfer;
  };

  describe.each(['find', 'aggregate', 'insert', 'update', 'commitTransaction'])('%s', (command) => {
    it.each(faults)('once, with %s: the caller does not notice', async (_, fault) => {
      const transfer = await transferFor(command);
      await fail(command, fault, { times: 1 });
      expect(await heard(transfer.send)).toBe('success');
      await settlesToOneEffect(transfer);
    });

    // A conflict is not a failure: it is tried again for as long as somebody else keeps being faster.
    const failures = faults.filter(([name]) => !name.includes('112'));

    it.each(failures)('for as long as it lasts, with %s: the caller is told to come again', async (_, fault) => {
      const transfer = await transferFor(command);
      await fail(command, fault, 'alwaysOn');
      expect(['UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(await heard(transfer.send));
      await failNothing();
      await settlesToOneEffect(transfer);
    });
  });

  describe('a commit that happened although the server does not say so', () => {
    it.each(appliedButUnknown)('once, with %s: the caller does not notice', async (_, fault) => {
      const transfer = await newTransfer();
      await fail('commitTransaction', fault, { times: 1 });
      expect(await heard(transfer.send)).toBe('success');
      await settlesToOneEffect(transfer);
    });

    it.each(appliedButUnknown)('for as long as it lasts, with %s: the same key gives the truth', async (_, fault) => {
      const transfer = await newTransfer();
      await fail('commitTransaction', fault, 'alwaysOn');
      expect(await heard(transfer.send)).toBe('OUTCOME_UNKNOWN');
      expect(await effectsOf(transfer.key)).toHaveLength(2);
      await failNothing();
      expect((await settlesToOneEffect(transfer)).replayed).toBe(true);
    });
  });

  it('a commit whose outcome stays unknown is asked after with pauses, and not for ever', async () => {
    const transfer = await newTransfer();
    await fail('commitTransaction', { errorCode: 50 }, 'alwaysOn');
    let asked = 0;
    const count = ({ commandName }: CommandStartedEvent): void => {
      if (commandName === 'commitTransaction') asked += 1;
    };
    connection.getClient().on('commandStarted', count);
    const begun = performance.now();
    expect(await heard(transfer.send)).toBe('OUTCOME_UNKNOWN');
    connection.getClient().off('commandStarted', count);
    expect(performance.now() - begun).toBeLessThan(5 * TIMEOUT);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(200);
    await failNothing();
    await settlesToOneEffect(transfer);
  });

  it('a primary that steps down just after it was found ends no process', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    const young = await connectMongo({ uri: database.uri, timeout: 2 * TIMEOUT, poolSize: 2 });
    const find = (): Promise<unknown> => databaseOf(young).collection('accounts').findOne({});
    await admin.db('admin').command({ replSetStepDown: 3, force: true });
    // What it is answered tells the driver of a set that its monitor has not yet seen.
    await find().catch(() => undefined);
    await expect.poll(() => find().then(() => 'found', String), { timeout: 20_000 }).toBe('found');
    await young.close();
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });

  it('the whole history may be read for longer than an operation may take', async () => {
    await (await newTransfer()).send();
    // The first one asks for the token.
    await fail('aggregate', { blockConnection: true, blockTimeMS: 3 * TIMEOUT }, { skip: 1 });
    let found = 0;
    for await (const group of (await storage.feed.recover()).history) found += group.length;
    expect(found).toBeGreaterThanOrEqual(5);
  });

  it('what has nothing to do with events may keep their follower waiting for longer than an operation may take', async () => {
    const { token } = await storage.feed.recover();
    await (await newTransfer()).send();
    // As where the server has much to look through that is none of them.
    const blocked = { blockConnection: true, blockTimeMS: 3 * TIMEOUT };
    await fail('getMore', blocked, 'alwaysOn');
    const stop = new AbortController();
    const begin = (): AsyncIterator<EventGroup> => storage.feed.follow(token, stop.signal)[Symbol.asyncIterator]();
    let following = begin();
    const found = async (): Promise<number> => {
      const { value } = (await following.next()) as IteratorResult<EventGroup, undefined>;
      return value?.events.length ?? 0;
    };
    const patiently = (): Promise<number> =>
      found().catch(() => {
        following = begin();
        return 0;
      });
    await expect.poll(patiently, { timeout: 40_000 }).toBeGreaterThan(0);
    // Behind that, silence is no longer borne than usual.
    await failNothing();
    await (await newTransfer()).send();
    expect(await found()).toBeGreaterThan(0);
    await fail('getMore', blocked, 'alwaysOn');
    await expect(found()).rejects.toThrow(StorageUnavailable);
  });

  it.each(['aggregate', 'getMore', 'insert', 'find'])('the journal goes on when %s fails', async (command) => {
    const sealer = sealerOver(storage);
    sealer.start();
    try {
      for (const [, fault] of faults) {
        const { send } = await newTransfer();
        await fail(command, fault, { times: 2 });
        await untilSuccess(send);
        await failNothing();
      }
      const unsealed = (): Promise<unknown> => storage.feed.firstUnsealed();
      await expect.poll(unsealed, { timeout: 30_000 }).toBeUndefined();
      expect(await verifyJournal(storage)).toEqual([]);
    } finally {
      await sealer.stop();
    }
  });
});
