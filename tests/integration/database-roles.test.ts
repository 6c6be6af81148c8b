import { MongoServerError, type Collection, type Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projections } from '../../src/projections/index.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { migrate } from '../../src/storage/mongo/migrations/migrate.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import { ApiClient, type Reply, startApi, type TestApi } from '../support/api.ts';
import { startApiProcess } from '../support/api-process.ts';
import { bearer } from '../support/credentials.ts';
import { type GuardedMongod, readRoles, startGuardedMongod } from '../support/guarded-mongod.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
import { untilStatus } from '../api/rebuild-rejections.ts';

const UNAUTHORIZED = 13;

/** More than anything else here moves. */
const MOST_ALONE = 1_000;

type Ids = { readonly eventId: string };

/** One of everything that the API can do; fails where one is refused. */
const useEverything = async (client: ApiClient, prefix: string): Promise<void> => {
  const [from, to] = [`${prefix}-from`, `${prefix}-to`];
  await client.open({ accountId: from, initialDeposit: { amount: 1_000 } });
  await client.open({ accountId: to });
  const post = async (path: string, body: object, status = 201): Promise<Record<string, unknown>> => {
    const reply = await client.post(path, body);
    expect(reply.status, `${path}: ${reply.text}`).toBe(status);
    return reply.body;
  };
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const reply = await client.get(path);
    expect(reply.status, `${path}: ${reply.text}`).toBe(200);
    return reply.body;
  };
  const money = { amount: 100, currency: 'EUR', transactionId: `${prefix}-transaction` };
  await post(`/v1/accounts/${from}/deposits`, money);
  await post(`/v1/accounts/${from}/deposits`, money, 409);
  await post(`/v1/accounts/${from}/withdrawals`, { amount: 50, currency: 'EUR' });
  const transfer = { fromAccountId: from, toAccountId: to, amount: 300, currency: 'EUR' };
  const { transferId, from: sent } = await post('/v1/transfers', transfer);
  await post('/v1/reversals', { eventId: (sent as Ids).eventId, amount: 100, reason: 'partly' });
  await post(`/v1/accounts/${from}/freeze`, { reason: 'asked for' }, 200);
  await post(`/v1/accounts/${from}/unfreeze`, { reason: 'asked for' }, 200);
  await post(`/v1/accounts/${from}/overdraft-limit`, { overdraftLimit: 500 }, 200);
  const holds = `/v1/accounts/${from}/holds`;
  await post(holds, { holdId: 'hold', amount: 20, currency: 'EUR' });
  await post(`${holds}/hold/capture`, { amount: 10 });
  const now = encodeURIComponent(new Date().toISOString());
  for (const path of [
    '',
    '?version=2',
    `?asOf=${now}`,
    `?knownAt=${now}`,
    '/balance',
    '/statement',
    '/events',
    '/holds',
    '/holds/hold',
  ]) {
    await get(`/v1/accounts/${from}${path}`);
  }
  await get(`/v1/accounts?ownerId=owner&limit=1`);
  await get(`/v1/transfers/${String(transferId)}`);
  await get('/health/ready');
  expect((await get(`/v1/accounts/${from}/balance`)).ledgerBalance).toBe(840);
};

/** What one principal proposes, another approves. */
const useProposals = async (maker: ApiClient, checker: ApiClient): Promise<void> => {
  await maker.open({ accountId: 'large' });
  const proposal = await maker.post('/v1/accounts/large/deposits', { amount: MOST_ALONE + 1, currency: 'EUR' });
  expect(proposal.status, proposal.text).toBe(202);
  const approval = await checker.post(`${String(proposal.headers.get('location'))}/approve`, {});
  expect(approval.status, approval.text).toBe(201);
};

class ClientWithKey extends ApiClient {
  constructor(
    url: string,
    private readonly key: string,
  ) {
    super(url);
  }

  override send(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...bearer(this.key) };
    return super.send(method, path, { ...init, headers });
  }
}

/** Everything that an administrator does over HTTP. */
const useKeys = async (client: ApiClient): Promise<void> => {
  const made = await client.post('/v1/admin/keys', { name: 'another', scopes: ['accounts:read'] });
  expect(made.status, made.text).toBe(201);
  for (const act of ['rotate', 'revoke']) {
    const reply = await client.post(`/v1/admin/keys/${String(made.body.prefix)}/${act}`, {});
    expect(reply.status, reply.text).toBe(200);
  }
  expect((await client.send('GET', '/v1/admin/access-log')).body.entries).toHaveLength(4);
};

/** Damages every read model in every way, and has it mended. */
const useRebuilds = async (client: ApiClient, asOwner: Db): Promise<void> => {
  await damage(asOwner);
  const made = await client.post('/v1/admin/rebuilds', {});
  expect(made.status, made.text).toBe(202);
  const address = String(made.headers.get('location'));
  const compared = await untilStatus(client, address, 'compared');
  expect(compared.comparison).toMatchObject({ differences: 2 * projections.length });
  expect((await client.post(`${address}/switch`, {})).status).toBe(202);
  expect(await untilStatus(client, address, 'switched')).toMatchObject({ mended: 2 * projections.length });
  const again = await client.post('/v1/admin/rebuilds', {});
  const agreed = await untilStatus(client, String(again.headers.get('location')), 'compared');
  expect(agreed.comparison).toMatchObject({ differences: 0 });
};

/** One row of each read model is changed, and one is put there that no event gives. */
const damage = async (asOwner: Db): Promise<void> => {
  for (const { table } of projections) {
    const rows = asOwner.collection<{ _id: string }>(table.name);
    const row = await rows.findOne({}, { sort: { _id: 1 } });
    await rows.updateOne({ _id: row?._id ?? '' }, { $set: { currency: 'USD' } });
    const place = { version: 4_711, placedVersion: 4_711 };
    const moved = Object.fromEntries(Object.entries(place).filter(([name]) => row && name in row));
    await rows.insertOne({ ...row, ...moved, _id: 'no-event' });
  }
};

const writable = async (): Promise<readonly string[]> => {
  const { roles } = await readRoles();
  const api = roles.find(({ role }) => role === 'daybookApi');
  return (api?.privileges ?? []).map(({ collection }) => collection).filter((name) => name !== '');
};

describe('the roles of docker/mongo/roles.json', () => {
  let mongod: GuardedMongod;
  let connection: Connection;
  let database: Db;
  let events: Collection<{ _id: string }>;
  let api: TestApi;
  let firstRun: readonly string[];
  let migration: ScriptResult;

  beforeAll(async () => {
    mongod = await startGuardedMongod(inject('mongodPath'));
    firstRun = await mongod.setUp();
    migration = await runScript('migrate', [], { MONGODB_URI: mongod.uriFor('daybook-migrate') });
    connection = await connectMongo({ uri: mongod.uriFor('daybook-api'), timeout: 10_000, poolSize: 10 });
    database = connection.getClient().db(connection.name);
    events = database.collection('events');
    api = await startApi(openMongoStorage(connection, 10_000));
    await api.client.open({ accountId: 'first', initialDeposit: { amount: 1_000 } });
  });

  afterAll(async () => {
    await api.close();
    await connection.close();
    await mongod.stop();
  });

  const refuses = async (attempt: () => Promise<unknown>): Promise<void> => {
    const before = await events.find().sort({ _id: 1 }).toArray();
    const error = await attempt().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(MongoServerError);
    expect((error as MongoServerError).code, String(error)).toBe(UNAUTHORIZED);
    expect(await events.find().sort({ _id: 1 }).toArray()).toEqual(before);
  };

  it('are set up from nothing, and brought up to date by every later run', async () => {
    const again = await mongod.setUp();
    expect(firstRun.filter((line) => line.endsWith('created.'))).toHaveLength(6);
    expect(again.filter((line) => line.endsWith('brought up to date.'))).toHaveLength(6);
  });

  it('are not set up by somebody with another password, nor with one that a connection string cannot carry', async () => {
    await expect(mongod.setUp({ 'daybook-admin': 'something-else' })).rejects.toThrow(/not the one that this database/);
    await expect(mongod.setUp({ 'daybook-api': 'p@ss:word/' })).rejects.toThrow(/letters, digits/);
  });

  it('say of every collection of the ledger what the API may write there, and of none that does not exist', async () => {
    const owner = await connectMongo({ uri: mongod.uriFor('daybook-migrate'), timeout: 10_000, poolSize: 1 });
    const existing = await owner.getClient().db(owner.name).listCollections({}, { nameOnly: true }).toArray();
    await owner.close();
    const names = existing.map(({ name }) => name).filter((name) => !name.startsWith('migration'));
    expect((await writable()).toSorted()).toEqual(names.toSorted());
  });

  it('let the API do everything that it does', async () => {
    await useEverything(api.client, 'here');
  });

  it('let the API write snapshots', async () => {
    const account = await api.client.open({ accountId: 'long' });
    for (let version = Number(account.version); version < 101; version += 1) {
      await api.client.post('/v1/accounts/long/deposits', { amount: 1, currency: 'EUR' });
    }
    await expect.poll(() => database.collection('snapshots').countDocuments({ streamId: 'account-long' })).toBe(1);
    await database.collection('snapshots').updateOne({ streamId: 'account-long' }, { $set: { stateHash: 'damaged' } });
    const at = await api.client.get('/v1/accounts/long?version=100');
    expect(at.body.version).toBe(100);
  });

  it('let a process of the API start on a migrated database, and serve', async () => {
    const environment = {
      MONGODB_URI: mongod.uriFor('daybook-api'),
      DAYBOOK_REBUILD_MONGODB_URI: mongod.uriFor('daybook-rebuild'),
      DAYBOOK_APPROVAL_ABOVE: `EUR:${MOST_ALONE}`,
      NODE_ENV: 'production',
    };
    const scopes = ['--scopes', 'accounts:read,money:write,audit:read,admin'];
    const made = await runScript('keys', ['create', '--name', 'a test', ...scopes], environment);
    expect(made).toMatchObject({ code: 0 });
    // What runs rebuilds in this process would take them away from that one.
    await api.close();
    const started = await startApiProcess(environment);
    const client = new ClientWithKey(started.client.url, made.stdout.trim());
    try {
      await useEverything(client, 'there');
      await useKeys(client);
      const checker = ['create', '--name', 'a checker', '--scopes', 'money:approve'];
      const other = await runScript('keys', checker, environment);
      await useProposals(client, new ClientWithKey(started.client.url, other.stdout.trim()));
      const owner = await connectMongo({ uri: mongod.uriFor('daybook-migrate'), timeout: 10_000, poolSize: 1 });
      await useRebuilds(client, owner.getClient().db(owner.name));
      await owner.close();
      const sealed = async (): Promise<unknown> => (await client.get('/v1/admin/status')).body.journal;
      const events = await database.collection('events').countDocuments();
      await expect.poll(sealed, { timeout: 20_000 }).toEqual({ position: events, lagMs: 0 });
      expect((await client.get('/v1/journal/checkpoint')).status).toBe(200);
    } finally {
      await started.kill('SIGTERM');
      api = await startApi(openMongoStorage(connection, 10_000));
    }
  });

  it('let the migrations run before the API, and say when there is nothing to do', async () => {
    const again = await runScript('migrate', [], { MONGODB_URI: mongod.uriFor('daybook-migrate') });
    expect(migration).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('migrated the database: 0001') as string,
    });
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('up to date') as string });
  });

  it('let an account be replayed as the API, and all read models be rebuilt as the one who migrates', async () => {
    const as = (user: string): Record<string, string> => ({ MONGODB_URI: mongod.uriFor(user) });
    expect(await runScript('replay', ['--account', 'first'], as('daybook-api'))).toMatchObject({ code: 0 });
    expect(await runScript('rebuild', ['--account', 'first'], as('daybook-api'))).toMatchObject({ code: 1 });
    expect(await runScript('rebuild', ['--switch'], as('daybook-migrate'))).toMatchObject({ code: 0 });
  });

  it('let no rebuild be run as the API alone, and say so in its failure', async () => {
    const reply = await api.client.post('/v1/admin/rebuilds', {});
    const failed = await untilStatus(api.client, String(reply.headers.get('location')), 'failed');
    expect(failed).toMatchObject({ failure: 'STORAGE_FORBIDDEN' });
  });

  it('let who rebuilds mend read models, and touch nothing else', async () => {
    const rebuilder = await connectMongo({ uri: mongod.uriFor('daybook-rebuild'), timeout: 10_000, poolSize: 2 });
    try {
      const ledger = rebuilder.getClient().db(rebuilder.name);
      const readModels = new Set<string>(projections.map(({ table }) => table.name));
      for (const name of [...(await writable()), 'migrations']) {
        const collection = ledger.collection<{ _id: string }>(name);
        const attempts = {
          insert: () => collection.insertOne({ _id: 'x' }),
          remove: () => collection.deleteMany({ _id: 'x' }),
          update: () => collection.updateMany({ _id: 'x' }, { $set: { x: 1 } }),
          drop: () => collection.drop(),
        };
        for (const [act, attempt] of Object.entries(attempts)) {
          const may = act !== 'drop' && (readModels.has(name) || (name === 'rebuilds' && act === 'update'));
          // What it may do is refused by the validator, or finds nothing; never by the roles.
          const error: unknown = await attempt().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          const isForbidden = error instanceof MongoServerError && error.code === UNAUTHORIZED;
          expect(isForbidden, `${act} ${name}: ${String(error)}`).toBe(!may);
        }
      }
      await refuses(() => ledger.createCollection('more'));
    } finally {
      await rebuilder.close();
    }
  });

  it('give the API nothing to migrate with', async () => {
    expect(await migrate(database, () => new Date())).toEqual([]);
    await refuses(() => database.collection<{ _id: string }>('migrations').insertOne({ _id: '9999-forged' }));
    await refuses(() => database.collection('migrations').deleteMany({}));
  });

  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    updateOne: () => events.updateOne({}, { $set: { type: 'MoneyWithdrawn' } }),
    updateMany: () => events.updateMany({}, { $inc: { 'data.amount': 1 } }),
    'an upsert': () => events.updateOne({ _id: 'new' }, { $set: { type: 'MoneyDeposited' } }, { upsert: true }),
    replaceOne: () => events.replaceOne({}, { _id: 'x' }),
    findOneAndUpdate: () => events.findOneAndUpdate({}, { $set: { type: 'MoneyWithdrawn' } }),
    bulkWrite: () => events.bulkWrite([{ deleteOne: { filter: {} } }]),
    deleteOne: () => events.deleteOne({}),
    deleteMany: () => events.deleteMany({}),
    findOneAndDelete: () => events.findOneAndDelete({}),
    drop: () => events.drop(),
    dropDatabase: () => database.dropDatabase(),
    rename: () => events.rename('other_events'),
    createIndex: () => database.command({ createIndexes: 'events', indexes: [{ key: { type: 1 }, name: 'by_type' }] }),
    dropIndexes: () => database.command({ dropIndexes: 'events', index: '*' }),
    collMod: () => database.command({ collMod: 'events', validator: {} }),
    '$out into them': () =>
      database
        .collection('accounts')
        .aggregate([{ $out: 'events' }])
        .toArray(),
    '$merge into them': () =>
      database
        .collection('accounts')
        .aggregate([{ $merge: 'events' }])
        .toArray(),
    'an insert around the validator': () => events.insertOne({ _id: 'shapeless' }, { bypassDocumentValidation: true }),
    'another collection': () => database.createCollection('more_events'),
    'a role of its own making': () => database.command({ grantRolesToUser: 'daybook-api', roles: ['daybookMigrate'] }),
  };

  it.each(Object.entries(changes))('refuse the API to change events: %s', async (_name, attempt) => {
    await refuses(attempt);
  });

  it('refuse the API to change what it has written down about access', async () => {
    const log = database.collection('access_log');
    await refuses(() => log.updateMany({}, { $set: { outcome: 'done' } }));
    await refuses(() => log.updateOne({ _id: 'x' } as never, { $set: { actor: 'x' } }, { upsert: true }));
  });

  it('refuse the API to remove anything at all', async () => {
    const collections = await writable();
    expect(collections.length).toBeGreaterThan(projections.length);
    for (const name of collections) await refuses(() => database.collection(name).deleteMany({}));
  });

  it('keep the API out of every other database', async () => {
    const client = connection.getClient();
    await refuses(() => client.db('admin').collection('system.users').find().toArray());
    await refuses(() => client.db('other').collection<{ _id: string }>('events').insertOne({ _id: 'x' }));
  });
});
