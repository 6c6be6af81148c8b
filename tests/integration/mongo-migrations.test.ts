import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { initial } from '../../src/storage/mongo/migrations/0001-initial.ts';
import { leases } from '../../src/storage/mongo/migrations/0002-leases.ts';
import { journal } from '../../src/storage/mongo/migrations/0003-journal.ts';
import { holds } from '../../src/storage/mongo/migrations/0004-holds.ts';
import { checkpoints } from '../../src/storage/mongo/migrations/0005-checkpoints.ts';
import { backDatedSums } from '../../src/storage/mongo/migrations/0006-back-dated-sums.ts';
import { access } from '../../src/storage/mongo/migrations/0007-access.ts';
import { proposals } from '../../src/storage/mongo/migrations/0008-proposals.ts';
import { rebuilds } from '../../src/storage/mongo/migrations/0009-rebuilds.ts';
import { migrate, statesOn } from '../../src/storage/mongo/migrations/migrate.ts';
import { missingGuardsOn } from '../../src/storage/mongo/missing-guards.ts';
import { startApiProcess } from '../support/api-process.ts';
import { runScript } from '../support/run-script.ts';

const everyId = [initial, leases, journal, holds, checkpoints, backDatedSums, access, proposals, rebuilds].map(
  ({ id }) => id,
);

const now = (): Date => new Date();

describe('migrations', () => {
  let connections: readonly Connection[] = [];
  const used: string[] = [];

  beforeAll(async () => {
    const connect = (): Promise<Connection> => connectMongo({ uri: inject('mongoUri'), timeout: 10_000, poolSize: 5 });
    connections = await Promise.all([connect(), connect(), connect(), connect()]);
  });
  afterAll(async () => {
    for (const name of used) await connections[0]?.getClient().db(name).dropDatabase();
    await Promise.all(connections.map((connection) => connection.close()));
  });

  const newName = (): string => {
    const name = `test-${randomUUID()}`;
    used.push(name);
    return name;
  };

  const databaseOn = (index: number, name: string) => {
    const [connection] = connections.slice(index);
    if (!connection) throw new Error('no connection');
    return connection.getClient().db(name);
  };

  /** Every collection with its validator and indexes. */
  const shapeOf = async (name: string): Promise<unknown> => {
    const database = databaseOn(0, name);
    const collections = await database.listCollections().toArray();
    const shapes = collections.map(async (collection) => ({
      name: collection.name,
      options: (collection as { options?: unknown }).options,
      indexes: await database.collection(collection.name).indexes(),
    }));
    return (await Promise.all(shapes)).sort((left, right) => (left.name < right.name ? -1 : 1));
  };

  it('run once: at the second start there is nothing to do, and nothing changes', async () => {
    const name = newName();
    expect(await migrate(databaseOn(0, name), now)).toEqual(everyId);
    const shape = await shapeOf(name);
    expect(await migrate(databaseOn(0, name), now)).toEqual([]);
    expect(await shapeOf(name)).toEqual(shape);
  });

  it('run from four processes at once give what one alone gives', async () => {
    const alone = newName();
    await migrate(databaseOn(0, alone), now);
    const expected = await shapeOf(alone);
    for (let round = 0; round < 3; round += 1) {
      const name = newName();
      await Promise.all([0, 1, 2, 3].map((index) => migrate(databaseOn(index, name), now)));
      expect(await shapeOf(name)).toEqual(expected);
      expect(await databaseOn(0, name).collection('migrations').countDocuments()).toBe(everyId.length);
    }
  });

  it('are run by one of several processes, and the others wait until they are done', async () => {
    const name = newName();
    let waiting = 0;
    const ran = await Promise.all(
      [0, 1, 2, 3].map((index) => migrate(databaseOn(index, name), now, () => (waiting += 1))),
    );
    expect(ran.filter((ids) => ids.length > 0)).toEqual([everyId]);
    expect(waiting).toBe(3);
    expect(await databaseOn(0, name).collection('migration_lock').countDocuments()).toBe(0);
  });

  it('wait for a process that is at it, and no longer than its term where it was killed', async () => {
    const name = newName();
    const locks = databaseOn(0, name).collection<{ _id: string; until: Date }>('migration_lock');
    await locks.insertOne({ _id: 'lock', until: new Date(Date.now() + 2_000) });
    let hasEnded = false;
    const migrating = migrate(databaseOn(1, name), now).finally(() => (hasEnded = true));
    await sleep(1_000);
    expect(hasEnded).toBe(false);
    expect(await databaseOn(0, name).collection('migrations').countDocuments()).toBe(0);
    expect(await migrating).toEqual(everyId);
  });

  it('give every collection what npm run verify asks it for', async () => {
    const name = newName();
    const database = databaseOn(0, name);
    await migrate(database, now);
    const names = (await database.listCollections({}, { nameOnly: true }).toArray())
      .map((collection) => collection.name)
      .filter((collection) => !collection.startsWith('migration'));
    expect(names.length).toBeGreaterThan(10);
    expect(await missingGuardsOn(database, names)).toEqual([]);
  });

  it('are listed by npm run migrate -- --list, which changes nothing', async () => {
    const name = newName();
    const uri = new URL(inject('mongoUri'));
    uri.pathname = `/${name}`;
    const list = () => runScript('migrate', ['--list'], { MONGODB_URI: uri.href });
    const before = await list();
    expect(before.code).toBe(0);
    expect(before.stdout.match(/not yet/g)).toHaveLength(everyId.length);
    expect(await databaseOn(0, name).listCollections().toArray()).toEqual([]);
    const ran = await runScript('migrate', [], { MONGODB_URI: uri.href });
    expect(ran.stderr).toContain(`migrated the database: ${everyId.at(-1)}`);
    const { stdout } = await list();
    for (const id of everyId) expect(stdout).toMatch(new RegExp(`^${id} +\\d{4}-\\d\\d-\\d\\dT.*Z$`, 'm'));
    expect((await runScript('migrate', [], { MONGODB_URI: uri.href })).stderr).toContain('The database is up to date.');
  });

  it('go on where an earlier run was killed', async () => {
    const whole = newName();
    await migrate(databaseOn(0, whole), now);
    const name = newName();
    await migrate(databaseOn(0, name), now);
    const database = databaseOn(0, name);
    await database.collection<{ _id: string }>('migrations').deleteMany({});
    await database.dropCollection('transfers');
    await database.collection('events').dropIndexes();
    expect(await migrate(database, now)).toEqual(everyId);
    expect(await shapeOf(name)).toEqual(await shapeOf(whole));
  });

  it('of a newer release are no trouble to a process that still serves', async () => {
    const name = newName();
    const database = databaseOn(0, name);
    await migrate(database, now);
    await database.collection<{ _id: string }>('migrations').insertOne({ _id: '9999-from-the-future' });
    const states = await statesOn(database);
    expect(states.map(({ id }) => id)).toEqual(everyId);
    expect(states.every(({ appliedAt }) => appliedAt !== undefined)).toBe(true);
  });

  it('refuse a database that a newer Daybook has changed, and leave it alone', async () => {
    const name = newName();
    const database = databaseOn(0, name);
    await database.collection<{ _id: string }>('migrations').insertOne({ _id: '9999-from-the-future' });
    const refusal = { name: 'MigrationError', message: expect.stringContaining('9999-from-the-future') as string };
    await expect(migrate(database, now)).rejects.toMatchObject(refusal);
    expect((await database.listCollections().toArray()).map((collection) => collection.name)).toEqual(['migrations']);

    const uri = new URL(inject('mongoUri'));
    uri.pathname = `/${name}`;
    await expect(startApiProcess({ MONGODB_URI: uri.href })).rejects.toThrow(
      /API ended with 1: [^]*migrations that this release does not know \(9999-from-the-future\)\. Run a newer Daybook\.\n$/,
    );
  });
});
