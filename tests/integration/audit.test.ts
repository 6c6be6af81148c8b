import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledgerOver } from '../contract/fixture.ts';
import type { ApiProcess } from '../support/api-process.ts';
import { apiProcesses } from '../support/api-process.ts';
import { auditLines, auditOf, type AuditTold } from '../support/audit.ts';
import { commandOf, openAccount } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { Load } from '../support/load.ts';
import { runScript } from '../support/run-script.ts';
import { Tamperer } from '../support/tampering.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };

describe('the audit in the background', { timeout: 240_000 }, () => {
  let directory: string;
  let database: TestDatabase;
  let tamperer: Tamperer;
  const { kill, killAll, ...processes } = apiProcesses();

  const start = (eventsPerSecond = 20_000): Promise<ApiProcess> =>
    processes.start({
      MONGODB_URI: database.uri,
      DAYBOOK_DATA_DIR: directory,
      DAYBOOK_AUDIT_EVENTS_PER_SECOND: String(eventsPerSecond),
    });

  const told = async ({ client }: ApiProcess): Promise<AuditTold> => {
    const audit = await auditOf(client);
    return audit ?? { accounts: 0, passes: 0, driftCount: 0, drift: [] };
  };

  /** Resolves when all accounts have been audited twice more: the walk that is under way may be past any of them. */
  const untilAudited = async (process: ApiProcess): Promise<void> => {
    const { passes } = await told(process);
    await expect.poll(async () => (await told(process)).passes, PATIENCE).toBeGreaterThan(passes + 1);
  };

  const untilDrift = async (process: ApiProcess, driftCount: number): Promise<AuditTold> => {
    await expect.poll(async () => (await told(process)).driftCount, PATIENCE).toBe(driftCount);
    return told(process);
  };

  const rebuild = async (): Promise<void> => {
    const { code, stderr } = await runScript('rebuild', ['--switch'], { MONGODB_URI: database.uri });
    expect({ code, stderr }).toMatchObject({ code: 0 });
  };

  const someBooks = async ({ client }: ApiProcess): Promise<void> => {
    await client.open({ accountId: 'alice', initialDeposit: { amount: 1_000, reference: 'from her aunt' } });
    await client.open({ accountId: 'bob' });
    for (const amount of [10, 20, 30]) {
      const money = { amount, currency: 'EUR', reference: `a gift of ${amount}` };
      await client.post('/v1/accounts/alice/deposits', money);
      await client.post('/v1/transfers', {
        ...money,
        fromAccountId: 'alice',
        toAccountId: 'bob',
        transferId: `t-${amount}`,
      });
    }
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-audit-'));
  });
  beforeEach(async () => {
    database = await openTestDatabase();
    tamperer = new Tamperer(database);
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('finds nothing wrong with sound books, and says when it has been through them', async () => {
    const api = await start();
    await someBooks(api);
    await untilAudited(api);
    const { status, body } = await api.client.get('/health');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'ok', audit: { accounts: 2, drift: [], driftCount: 0, auditedAt: expect.any(String) as string } },
    });
  });

  it('names the account whose balance was changed, once in the log, until a rebuild mends it', async () => {
    const api = await start();
    await someBooks(api);
    await untilAudited(api);
    await tamperer.change('accounts', await tamperer.find('accounts', { _id: 'alice' }), { ledgerBalance: 5n });
    const { drift } = await untilDrift(api, 1);
    const place = {
      readModel: 'accounts',
      accountId: 'alice',
      row: 'alice',
      version: 8,
      fields: ['ledgerBalance'],
      problem: 'the row is not what the events give',
    };
    expect(drift).toEqual([place]);
    expect(await api.client.get('/health')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((await api.client.get('/metrics')).text).toContain('\ndaybook_audit_drift 1\n');
    expect(await api.client.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await untilAudited(api);
    const lines = auditLines(api.stdout());
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ ...place, level: 50, expected: 'ledgerBalance 1000', found: 'ledgerBalance 5' });
    await rebuild();
    await untilDrift(api, 0);
    expect((await api.client.get('/health')).body.status).toBe('ok');
  });

  it('names a statement entry that was changed, one that is gone, and one that nobody booked', async () => {
    const api = await start();
    await someBooks(api);
    const entry = (version: number) => tamperer.find('statement_entries', { accountId: 'alice', version });
    await tamperer.change('statement_entries', await entry(3), { amount: 99n, reference: 'for a friend' });
    await tamperer.remove('statement_entries', await entry(5));
    await tamperer.insert('statement_entries', { ...(await entry(7)), _id: 'forged', accountId: 'bob', version: 77 });
    const { drift } = await untilDrift(api, 3);
    const places = drift.map(({ accountId, version, fields, problem }) => [accountId, version, fields, problem]);
    expect(places).toEqual([
      ['alice', 3, ['amount', 'reference'], 'the row is not what the events give'],
      ['alice', 5, [], 'the row is missing'],
      ['bob', 77, [], 'no event gives this row'],
    ]);
    const log = api.stdout();
    expect(auditLines(log)[0]).toMatchObject({
      expected: 'amount 10, reference (withheld)',
      found: 'amount 99, reference (withheld)',
    });
    expect(log).not.toMatch(/gift|friend|aunt/);
    await rebuild();
    await untilDrift(api, 0);
  });

  it('names a transfer that was changed, and the version at which an event was changed or is gone', async () => {
    const api = await start();
    await someBooks(api);
    await tamperer.change('transfers', await tamperer.find('transfers', { _id: 't-20' }), { status: 'reversed' });
    const { drift: ofTransfer } = await untilDrift(api, 1);
    expect(ofTransfer[0]).toMatchObject({
      readModel: 'transfers',
      accountId: 'alice',
      row: 't-20',
      fields: ['status'],
    });
    await rebuild();
    await untilDrift(api, 0);
    const event = await tamperer.find('events', { streamId: 'account-bob', version: 3 });
    const { undo } = await tamperer.change('events', event, { data: { ...(event.data as object), amount: 19n } });
    await expect.poll(async () => (await told(api)).driftCount, PATIENCE).toBeGreaterThan(0);
    const { drift: ofEvent } = await told(api);
    expect(ofEvent[0]).toMatchObject({ readModel: 'statement_entries', accountId: 'bob', version: 3 });
    await undo();
    await untilDrift(api, 0);
    await tamperer.remove('events', event);
    await expect
      .poll(async () => (await told(api)).drift, PATIENCE)
      .toContainEqual({
        readModel: 'events',
        accountId: 'bob',
        version: 3,
        fields: [],
        problem: 'the event is missing',
      });
  });

  it('raises no false alarm over accounts that two processes are writing', async () => {
    const [first, second] = [await start(200_000), await start(200_000)];
    const accounts = Array.from({ length: 12 }, (_, index) => `account-${index}`);
    for (const accountId of accounts) await first.client.open({ accountId, initialDeposit: { amount: 1_000 } });
    const load = new Load([first.client, second.client], accounts, 12);
    const { passes } = await told(first);
    await load.progress(1_500);
    await expect.poll(async () => (await told(second)).passes, PATIENCE).toBeGreaterThan(passes + 2);
    await load.stop();
    await untilAudited(second);
    expect(await told(first)).toMatchObject({ accounts: 12, driftCount: 0 });
    expect(auditLines(first.stdout() + second.stdout())).toEqual([]);
  });

  it('goes on in another process, where it was, when the one that audits is killed', async () => {
    const { ledger, drain } = ledgerOver(database.storage);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => ledger.submit(commandOf(openAccount(`a-${10 + index}`)))),
    );
    await drain();
    await tamperer.change('accounts', await tamperer.find('accounts', { _id: 'a-12' }), { ledgerBalance: 5n });
    // So slow that a walk takes half a minute.
    const first = await start(20);
    await untilDrift(first, 1);
    const positionNow = async (): Promise<string> => String((await tamperer.find('checkpoints')).position);
    await expect.poll(positionNow, PATIENCE).toMatch(/a-1[3-9]|a-[2-9]/);
    const second = await start(200);
    const position = await positionNow();
    await kill(first, 'SIGKILL');
    const positions: string[] = [];
    while ((await told(second)).passes === 0) positions.push(await positionNow());
    // The last one may be of the next walk already.
    expect(positions.slice(0, -1).filter((one) => one < position && one !== '')).toEqual([]);
    expect(await told(second)).toMatchObject({ accounts: 40, driftCount: 1 });
    await untilAudited(second);
    // It was said by the first one.
    expect(auditLines(second.stdout())).toEqual([]);
    expect(await kill(second, 'SIGTERM')).toBe(0);
  });
});
