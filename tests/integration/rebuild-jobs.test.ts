import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMITTER, leasesTable } from '../../src/committer/lease.ts';
import { projections } from '../../src/projections/index.ts';
import { rebuilding, untilStatus } from '../api/rebuild-rejections.ts';
import type { ApiClient, Json } from '../support/api.ts';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const path = '/v1/admin/rebuilds';

/** So slow that something can happen to it. */
const SLOW = { DAYBOOK_REBUILD_EVENTS_PER_SECOND: '20' };
const FAST = { DAYBOOK_REBUILD_EVENTS_PER_SECOND: '100000' };

describe('rebuilds by API processes', { timeout: 300_000 }, () => {
  let database: TestDatabase;
  const { kill, killAll, ...processes } = apiProcesses();

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
  });

  const start = (settings: Record<string, string>): Promise<ApiProcess> =>
    processes.start({ MONGODB_URI: database.uri, DAYBOOK_AUDIT_EVENTS_PER_SECOND: '0', ...settings });

  const collection = (name: string) =>
    database.connection.getClient().db(database.connection.name).collection<{ _id: string }>(name);

  /** Accounts with so many deposits in each. */
  const fill = async (client: ApiClient, accounts: number, deposits: number): Promise<void> => {
    for (let index = 0; index < accounts; index += 1) {
      const accountId = `account-${index}`;
      await client.open({ accountId, initialDeposit: { amount: 1_000 } });
      const commands = Array.from({ length: deposits }, (_, number) => ({
        ...{ type: 'DepositMoney', idempotencyKey: `${accountId}-${number}`, accountId, amount: 1, currency: 'EUR' },
      }));
      const reply = await client.post('/v1/batches', { mode: 'atomic', commands });
      expect(reply.status, reply.text.slice(0, 300)).toBe(200);
    }
  };

  const marks = (): Promise<readonly string[]> => database.storage.shadowMarks();

  const differencesNow = async (client: ApiClient): Promise<unknown> => {
    const { comparison } = await untilStatus(client, await rebuilding(client), 'compared');
    return (comparison as Json).differences;
  };

  /** Deposits and transfers on every account until told to stop; gives how much each account must have then. */
  const write = (client: ApiClient, accounts: number): (() => Promise<ReadonlyMap<string, number>>) => {
    let isOver = false;
    const gained = new Map<string, number>();
    const gain = (accountId: string, amount: number): void =>
      void gained.set(accountId, (gained.get(accountId) ?? 0) + amount);
    const writer = async (): Promise<void> => {
      for (let index = 0; !isOver; index += 1) {
        const [accountId, other] = [`account-${index % accounts}`, `account-${(index + 1) % accounts}`];
        const deposit = await client.post(`/v1/accounts/${accountId}/deposits`, { amount: 3, currency: 'EUR' });
        expect(deposit.status, deposit.text).toBe(201);
        gain(accountId, 3);
        const body = { fromAccountId: accountId, toAccountId: other, amount: 1, currency: 'EUR' };
        const transfer = await client.post('/v1/transfers', body);
        expect(transfer.status, transfer.text).toBe(201);
        gain(accountId, -1);
        gain(other, 1);
        const hold = await client.post(`/v1/accounts/${accountId}/holds`, { amount: 1, currency: 'EUR' });
        const holdId = String(hold.body.holdId);
        const released = await client.post(`/v1/accounts/${accountId}/holds/${holdId}/release`, {});
        expect(released.status, released.text).toBe(201);
      }
    };
    const writers = [writer(), writer(), writer()];
    return async () => {
      isOver = true;
      await Promise.all(writers);
      return gained;
    };
  };

  it('mend under writers, and neither undo nor lose anything of theirs', async () => {
    const { client } = await start({ DAYBOOK_REBUILD_EVENTS_PER_SECOND: '1000' });
    const [accounts, deposits] = [8, 120];
    await fill(client, accounts, deposits);
    const eur = { amount: 1, currency: 'EUR' };
    await client.post('/v1/transfers', { fromAccountId: 'account-4', toAccountId: 'account-5', ...eur });
    await client.post('/v1/accounts/account-5/holds', { holdId: 'ended', ...eur });
    await client.post('/v1/accounts/account-5/holds/ended/release', {});
    const stop = write(client, accounts);
    await sleep(1_000);
    await collection('accounts').deleteOne({ _id: 'account-1' });
    await collection('accounts').updateOne({ _id: 'account-2' }, { $set: { ownerId: 'mallory' } });
    await collection('statement_entries').deleteMany({ accountId: 'account-3', version: { $lte: 10 } });
    await collection('transfers').updateMany({ fromAccountId: 'account-4' }, { $set: { reversedAmount: 1n } });
    await collection('holds').updateMany({ accountId: 'account-5', status: 'released' }, { $set: { amount: 2n } });
    const address = await rebuilding(client);
    const { comparison } = await untilStatus(client, address, 'compared');
    const told = (comparison as { first: Json[] }).first;
    for (const { table } of projections) expect(told.map(({ readModel }) => readModel)).toContain(table.name);
    expect((comparison as Json).differences).toBeGreaterThanOrEqual(12);
    await client.post(`${address}/switch`, {});
    const { mended, progress } = await untilStatus(client, address, 'switched');
    expect(mended).toBeGreaterThanOrEqual(Number((comparison as Json).differences));
    expect((progress as { events: Json }).events.done).toBeGreaterThanOrEqual(accounts * (deposits + 2));
    const gained = await stop();
    expect(await differencesNow(client)).toBe(0);
    for (const [accountId, amount] of gained) {
      const before = accountId === 'account-4' ? -1 : accountId === 'account-5' ? 1 : 0;
      const { ledgerBalance, ownerId } = (await client.get(`/v1/accounts/${accountId}`)).body;
      expect([accountId, ledgerBalance, ownerId]).toEqual([accountId, 1_000 + deposits + before + amount, 'owner']);
    }
    await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
  });

  it('end with a process that is killed, are told as interrupted by the next one, and leave nothing behind', async () => {
    const first = await start(SLOW);
    await fill(first.client, 3, 100);
    const address = await rebuilding(first.client);
    await untilStatus(first.client, address, 'running');
    await expect.poll(marks).toHaveLength(1);
    await kill(first, 'SIGKILL');
    const { client } = await start(FAST);
    const refused = await client.post(path, {});
    expect(refused.body).toMatchObject({ code: 'REBUILD_UNDER_WAY', rebuildStatus: 'running' });
    expect(await untilStatus(client, address, 'failed')).toMatchObject({ failure: 'INTERRUPTED' });
    await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
    expect(await differencesNow(client)).toBe(0);
  });

  it('end in the middle of a switch with a process that is killed: what is left is mended by the next one', async () => {
    const first = await start({ DAYBOOK_REBUILD_EVENTS_PER_SECOND: '1000' });
    await fill(first.client, 12, 60);
    await collection('statement_entries').updateMany({}, { $set: { balanceAfter: 7n } });
    const address = await rebuilding(first.client);
    const { comparison } = await untilStatus(first.client, address, 'compared');
    expect(comparison).toMatchObject({ differences: 12 * 61, accounts: 12 });
    await first.client.post(`${address}/switch`, {});
    const wrong = (): Promise<number> => collection('statement_entries').countDocuments({ balanceAfter: 7n });
    await expect.poll(wrong, { timeout: 30_000, interval: 20 }).toBeLessThan(12 * 61);
    await kill(first, 'SIGKILL');
    expect(await wrong()).toBeGreaterThan(0);
    const { client } = await start(FAST);
    expect(await untilStatus(client, address, 'failed')).toMatchObject({ failure: 'INTERRUPTED' });
    const next = await rebuilding(client);
    await untilStatus(client, next, 'compared');
    await client.post(`${next}/switch`, {});
    await untilStatus(client, next, 'switched');
    expect(await differencesNow(client)).toBe(0);
    await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
  });

  it('are one for all processes: asked of any, told by each, cancelled by any, and ended by SIGTERM', async () => {
    const first = await start(SLOW);
    const second = await start(SLOW);
    const clients = [first.client, second.client];
    await fill(first.client, 3, 100);
    const replies = await Promise.all([...clients, ...clients].map((client) => client.post(path, {})));
    expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    const address = String(replies.find(({ status }) => status === 202)?.headers.get('location'));
    for (const client of clients) await untilStatus(client, address, 'running');
    const status = (await second.client.get('/v1/admin/status')).body;
    expect(status).toMatchObject({ committer: { isThisProcess: false }, rebuild: { status: 'running' } });
    expect((await first.client.get('/v1/admin/status')).body).toMatchObject({ committer: { isThisProcess: true } });
    expect((await second.client.post(`${address}/cancel`, {})).status).toBe(200);
    await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
    for (const client of clients) await untilStatus(client, address, 'cancelled');

    const next = await rebuilding(second.client);
    await untilStatus(second.client, next, 'running');
    expect(await kill(first, 'SIGTERM')).toBe(0);
    expect((await second.client.get(next)).body).toMatchObject({ status: 'failed', failure: 'INTERRUPTED' });
    expect(await marks()).toEqual([]);
  });

  it('are switched on by whichever process commits then', async () => {
    const first = await start(FAST);
    await fill(first.client, 2, 10);
    await collection('accounts').updateOne({ _id: 'account-0' }, { $set: { ledgerBalance: 1n } });
    const address = await rebuilding(first.client);
    await untilStatus(first.client, address, 'compared');
    await kill(first, 'SIGKILL');
    const { client } = await start(FAST);
    await client.post(`${address}/switch`, {});
    expect(await untilStatus(client, address, 'switched')).toMatchObject({ mended: 1 });
    expect((await client.get('/v1/accounts/account-0')).body.ledgerBalance).toBe(1_010);
    expect(await database.storage.table(leasesTable).get(COMMITTER)).toBeDefined();
  });

  it('write nothing any more once they were given up, however long their process was stopped', async () => {
    const first = await start(SLOW);
    const second = await start(FAST);
    await fill(first.client, 3, 100);
    const address = await rebuilding(second.client);
    await untilStatus(second.client, address, 'running');
    first.signal('SIGSTOP');
    expect(await untilStatus(second.client, address, 'failed')).toMatchObject({ failure: 'INTERRUPTED' });
    await collection('accounts').updateOne({ _id: 'account-0' }, { $set: { ledgerBalance: 1n } });
    const next = await rebuilding(second.client);
    await untilStatus(second.client, next, 'compared');
    first.signal('SIGCONT');
    await sleep(3_000);
    expect((await second.client.get(address)).body).toMatchObject({ status: 'failed', failure: 'INTERRUPTED' });
    expect(await marks()).toEqual([next.slice(path.length + 1)]);
    await second.client.post(`${next}/switch`, {});
    expect(await untilStatus(second.client, next, 'switched')).toMatchObject({ mended: 1 });
  });
});
