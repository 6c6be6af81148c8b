import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Storage } from '../../src/application/ports/storage.ts';
import { type RebuildRow, rebuildsTable } from '../../src/application/rebuilds/rebuild-row.ts';
import { rebuildsView, rebuildView } from '../../src/http/schemas/rebuilds.ts';
import { statusView } from '../../src/http/schemas/status.ts';
import { VERSION } from '../../src/http/version.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { statementEntriesTable } from '../../src/projections/statement-entries/statement-entries.ts';
import { transfersTable } from '../../src/projections/transfers/transfers.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { type ApiClient, type Json, startApi, type TestApi } from '../support/api.ts';
import { openTestDatabase } from '../support/database.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { bodyAs, expectProblem } from './expectations.ts';
import { rebuilding, untilStatus } from './rebuild-rejections.ts';

type Rebuilt = z.output<typeof rebuildView>;

const path = '/v1/admin/rebuilds';

const places: Readonly<Record<string, () => Promise<{ storage: Storage; close: () => Promise<void> }>>> = {
  memory: () => {
    const storage = openMemoryStorage();
    return Promise.resolve({ storage, close: () => storage.close() });
  },
  MongoDB: async () => {
    const { storage, drop } = await openTestDatabase();
    return { storage, close: drop };
  },
};

describe.each(Object.entries(places))('rebuilds over HTTP, in %s', (_, openPlace) => {
  let place: { storage: Storage; close: () => Promise<void> };
  let api: TestApi;
  let client: ApiClient;

  beforeAll(async () => {
    place = await openPlace();
  });
  beforeEach(async () => {
    api = await startApi(place.storage);
    ({ client } = api);
  });
  afterEach(() => api.close());
  afterAll(() => place.close());

  let names = 0;

  /** An account with money that has paid some of it to another one. */
  const books = async (): Promise<{ from: string; to: string; transferId: string }> => {
    const [from, to] = [`from-${++names}`, `to-${names}`];
    await client.open({ accountId: from, initialDeposit: { amount: 1_000, reference: 'a secret of theirs' } });
    await client.open({ accountId: to });
    const body = { fromAccountId: from, toAccountId: to, amount: 300, currency: 'EUR' };
    const { transferId } = (await client.post('/v1/transfers', body)).body;
    return { from, to, transferId: String(transferId) };
  };

  const damage = async ({ from, to, transferId }: Awaited<ReturnType<typeof books>>): Promise<void> => {
    const { storage } = place;
    const [entry] = await storage
      .table(statementEntriesTable)
      .range({ where: { accountId: from }, order: ['_id'], limit: 1 });
    const account = await storage.table(accountsTable).get(to);
    if (!entry || !account) throw new Error('there are no books');
    await storage.transactionally(async (work) => {
      await storage.table(accountsTable).write(work, [{ kind: 'patch', id: from, set: { ledgerBalance: 5n } }]);
      await storage.table(transfersTable).write(work, [{ kind: 'patch', id: transferId, set: { status: 'reversed' } }]);
      const ghost = { ...account, _id: `${to}-ghost` };
      await storage.table(accountsTable).write(work, [{ kind: 'insert', row: ghost }]);
      await storage
        .table(statementEntriesTable)
        .write(work, [{ kind: 'patch', id: entry._id, set: { reference: 'forged' } }]);
    });
    await storage.transactionally((work) =>
      storage.table(accountsTable).write(work, [{ kind: 'remove', found: account }]),
    );
  };

  const until = async (address: string, status: Rebuilt['status']): Promise<Rebuilt> =>
    rebuildView.parse(await untilStatus(client, address, status));

  const marks = (): Promise<readonly string[]> => place.storage.shadowMarks();

  it('find what differs and name it, change nothing, and mend it when told to switch', async () => {
    const made = await books();
    await damage(made);
    const reply = await client.post(path, {});
    const { rebuildId, status, requestedBy } = bodyAs(rebuildView, reply, 202);
    const address = `${path}/${rebuildId}`;
    expect(reply.headers.get('location')).toBe(address);
    expect({ status, requestedBy }).toEqual({ status: 'waiting', requestedBy: 'anonymous' });

    const compared = await until(address, 'compared');
    expect(compared.comparison).toMatchObject({ differences: 5, accounts: 3 });
    const first = compared.comparison?.first ?? [];
    expect(first).toContainEqual({
      readModel: 'accounts',
      accountId: made.from,
      row: made.from,
      kind: 'different',
      fields: [{ field: 'ledgerBalance', expected: '700', found: '5' }],
    });
    expect(first).toContainEqual({
      readModel: 'transfers',
      accountId: made.from,
      row: made.transferId,
      kind: 'different',
      fields: [{ field: 'status', expected: '"completed"', found: '"reversed"' }],
    });
    const told = first.map(({ readModel, kind, accountId }) => [readModel, kind, accountId]);
    expect(told).toContainEqual(['accounts', 'missing', made.to]);
    expect(told).toContainEqual(['accounts', 'unexpected', `${made.to}-ghost`]);
    expect(JSON.stringify(first)).not.toMatch(/secret|forged/);
    const { events, accounts, rowsCompared } = compared.progress;
    expect(events.done).toBe(events.total);
    expect(events.done).toBeGreaterThanOrEqual(4);
    expect(accounts).toBeGreaterThanOrEqual(2);
    expect(rowsCompared).toBeGreaterThan(events.done);
    expect((await client.get(`/v1/accounts/${made.to}`)).status).toBe(404);
    expect(await marks()).toEqual([rebuildId]);

    const switching = await client.post(`${address}/switch`, {});
    expect(bodyAs(rebuildView, switching, 202).status).toBe('switching');
    const switched = await until(address, 'switched');
    expect(switched).toMatchObject({ mended: 5, switchedBy: 'anonymous' });
    expect((await client.get(`/v1/accounts/${made.to}`)).body).toMatchObject({ ledgerBalance: 300 });
    expect((await client.get(`/v1/accounts/${made.from}`)).body).toMatchObject({ ledgerBalance: 700 });
    expect((await client.get(`/v1/accounts/${made.to}-ghost`)).status).toBe(404);

    const again = await until(await rebuilding(client), 'compared');
    expect(again.comparison).toEqual({ differences: 0, accounts: 0, first: [] });
    await expect.poll(marks).toEqual([]);
    const nothing = await client.post(`${path}/${again.rebuildId}/switch`, {});
    expect(bodyAs(rebuildView, nothing, 202)).toMatchObject({ status: 'switched', mended: 0 });
  });

  it('of one account leave all others alone', async () => {
    const [one, other] = [await books(), await books()];
    await damage(one);
    await damage(other);
    const address = await rebuilding(client, { accountId: one.from });
    const compared = await until(address, 'compared');
    expect(compared).toMatchObject({ accountId: one.from, comparison: { differences: 3, accounts: 1 } });
    await client.post(`${address}/switch`, {});
    expect(await until(address, 'switched')).toMatchObject({ mended: 3 });
    expect((await client.get(`/v1/accounts/${one.from}`)).body).toMatchObject({ ledgerBalance: 700 });
    expect((await client.get(`/v1/accounts/${other.from}`)).body).toMatchObject({ ledgerBalance: 5 });
    const rest = await rebuilding(client);
    expect((await until(rest, 'compared')).comparison?.differences).toBe(7);
    await client.post(`${rest}/switch`, {});
    await until(rest, 'switched');
  });

  describe('that take their time', () => {
    let slow: TestApi;

    beforeEach(async () => {
      await api.close();
      slow = await startApi(place.storage, {}, {}, 10);
      ({ client } = slow);
    });
    afterEach(() => slow.close());

    const begun = async (): Promise<string> => {
      await books();
      await books();
      const address = await rebuilding(client);
      await until(address, 'running');
      return address;
    };

    it('are under way one at a time, and the one that is refused hears which', async () => {
      await Promise.all([books(), books(), books()]);
      const replies = await Promise.all(Array.from({ length: 8 }, () => client.post(path, {})));
      const taken = replies.filter(({ status }) => status === 202);
      expect(taken).toHaveLength(1);
      const rebuildId = String(taken[0]?.body.rebuildId);
      const rebuildStatus = expect.stringMatching(/^(?:waiting|running)$/) as string;
      for (const reply of replies.filter(({ status }) => status !== 202)) {
        expectProblem(reply, 'REBUILD_UNDER_WAY', { rebuildId, rebuildStatus });
      }
      await client.post(`${path}/${rebuildId}/cancel`, {});
    });

    it('are not switched on before they were compared, nor once they are cancelled, and leave nothing behind', async () => {
      const address = await begun();
      const rebuildId = address.slice(path.length + 1);
      const notYet = await client.post(`${address}/switch`, {});
      expectProblem(notYet, 'REBUILD_NOT_COMPARED', { rebuildId, rebuildStatus: 'running' });
      expect(await marks()).toEqual([rebuildId]);
      const cancelled = bodyAs(rebuildView, await client.post(`${address}/cancel`, {}));
      expect(cancelled).toMatchObject({ status: 'cancelled', cancelledBy: 'anonymous' });
      expect(bodyAs(rebuildView, await client.post(`${address}/cancel`, {}))).toEqual(cancelled);
      const never = await client.post(`${address}/switch`, {});
      expectProblem(never, 'REBUILD_NOT_COMPARED', { rebuildId, rebuildStatus: 'cancelled' });
      await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
      expect(bodyAs(rebuildView, await client.get(address))).toEqual(cancelled);
    });

    it('say how far they are', async () => {
      const address = await begun();
      const done = async (): Promise<number> => (await until(address, 'running')).progress.events.done;
      await expect.poll(done, { timeout: 10_000 }).toBeGreaterThan(0);
      await client.post(`${address}/cancel`, {});
    });

    it('end with their process, which says so, and another one can be begun', async () => {
      const address = await begun();
      await slow.close();
      slow = await startApi(place.storage);
      ({ client } = slow);
      expect(await until(address, 'failed')).toMatchObject({ failure: 'INTERRUPTED' });
      expect(await marks()).toEqual([]);
      await until(await rebuilding(client), 'compared');
    });

    it('that nobody runs any more are ended by whoever runs the next one', async () => {
      const address = await begun();
      await client.post(`${address}/cancel`, {});
      await expect.poll(marks, { timeout: 5_000 }).toEqual([]);
      await slow.close();
      // As a process leaves it that was killed.
      const { storage } = place;
      const [last] = await storage.table(rebuildsTable).range({ order: ['number'], direction: 'desc', limit: 1 });
      if (!last) throw new Error('there is no rebuild');
      const number = last.number + 1;
      const row: RebuildRow = {
        ...last,
        _id: String(number),
        number,
        status: 'running',
        runner: 'one that was killed',
      };
      await storage.transactionally((work) => storage.table(rebuildsTable).write(work, [{ kind: 'insert', row }]));
      await storage.openShadow([accountsTable], row._id);
      slow = await startApi(storage);
      ({ client } = slow);
      expectProblem(await client.post(path, {}), 'REBUILD_UNDER_WAY', { rebuildId: row._id, rebuildStatus: 'running' });
      expect(await until(`${path}/${row._id}`, 'failed')).toMatchObject({ failure: 'INTERRUPTED' });
      await expect.poll(marks).toEqual([]);
    });
  });

  it('are given up by the next one where nobody has switched', async () => {
    const made = await books();
    await damage(made);
    const first = await rebuilding(client);
    expect((await until(first, 'compared')).comparison?.differences).toBe(5);
    const second = await rebuilding(client);
    expect((await until(first, 'cancelled')).comparison?.differences).toBe(5);
    await until(second, 'compared');
    await expect.poll(marks).toEqual([second.slice(path.length + 1)]);
    expect(bodyAs(rebuildView, await client.post(`${second}/cancel`, {})).status).toBe('cancelled');
    await expect.poll(marks).toEqual([]);
    const third = await rebuilding(client, { accountId: made.from });
    await until(third, 'compared');
  });

  it('are asked for once with one key, also where it is sent twice at the same time', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const { from: accountId } = await books();
    await until(await rebuilding(client), 'compared');
    const replies = await Promise.all([1, 2, 3].map(() => client.post(path, { accountId }, key)));
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    const later = await client.post(path, { accountId }, key);
    expect([later.status, later.text]).toEqual([202, replies[0]?.text]);
    expectProblem(await client.post(path, {}, key), 'IDEMPOTENCY_KEY_REUSED');
    await until(String(later.headers.get('location')), 'compared');
  });

  it('are listed, the latest first, in pages', async () => {
    await until(await rebuilding(client), 'compared');
    const all = bodyAs(rebuildsView, await client.get(`${path}?limit=200`)).rebuilds.map(({ rebuildId }) => rebuildId);
    expect(all).toEqual(all.toSorted((one, other) => Number(other) - Number(one)));
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = bodyAs(rebuildsView, await client.get(`${path}?limit=2${query}`));
      seen.push(...page.rebuilds.map(({ rebuildId }) => rebuildId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all);
  });

  it('are written down with who asked for them', async () => {
    const address = await rebuilding(client);
    await until(address, 'compared');
    await client.post(`${address}/cancel`, {}, { 'X-Request-Id': 'the-cancellation' });
    await client.get('/v1/admin/status');
    const about = address.slice(path.length + 1);
    const acts = async (): Promise<readonly Json[]> =>
      (await client.get('/v1/admin/access-log?limit=200')).body.entries as Json[];
    const ofIt = (await acts()).filter((entry) => entry.about === about && String(entry.route).startsWith('POST'));
    expect(ofIt.map(({ what, requestId }) => [what, requestId === 'the-cancellation'])).toEqual([
      ['cancelRebuild', true],
      ['createRebuild', false],
    ]);
    await expect
      .poll(async () => (await acts()).map(({ what }) => what))
      .toEqual(expect.arrayContaining(['getRebuild', 'getStatus']));
  });

  it('refuse what is no request for one', async () => {
    for (const body of [{ accountId: 'a b' }, { account: 'alice' }, { accountId: '' }]) {
      expectProblem(await client.post(path, body), 'VALIDATION_FAILED');
    }
    expectProblem(await client.get(`${path}/seven`), 'VALIDATION_FAILED');
    expectProblem(
      await client.send('POST', path, { headers: { 'Content-Type': 'application/json' }, body: '{}' }),
      'IDEMPOTENCY_KEY_REQUIRED',
    );
  });

  it('are in the status, with all that an operator asks first', async () => {
    const address = await rebuilding(client);
    await until(address, 'compared');
    const status = bodyAs(statusView, await client.get('/v1/admin/status'));
    const { kind } = place.storage;
    expect(status).toMatchObject({
      version: packageFile.version,
      isDraining: false,
      commandsWaiting: 0,
      storage: { kind, isReachable: true },
      isSealingRefused: false,
      rebuild: { rebuildId: address.slice(path.length + 1), status: 'compared' },
    });
    expect(VERSION).toBe(packageFile.version);
    expect(status.migrations?.missing).toEqual([]);
    expect(status.migrations?.applied).toBe((await place.storage.migrations()).length);
    expect(status.journal?.position).toBe(0);
    expect(Date.parse(status.startedAt)).toBeLessThan(Date.now());
  });
});
