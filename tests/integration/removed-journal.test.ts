import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { beginSigned } from '../support/signed-file.ts';
import { runScript } from '../support/run-script.ts';
import { Tamperer } from '../support/tampering.ts';

/** What somebody does who can write to the database, and has not the signing key. */
describe('a journal that was removed, so that a changed history be signed as if for the first time', () => {
  let database: TestDatabase;
  let directory: string;
  const { kill, killAll, ...processes } = apiProcesses();

  const environment = (): Record<string, string> => ({
    MONGODB_URI: database.uri,
    DAYBOOK_SIGNED_CHECKPOINT_FILE: join(directory, 'signed.checkpoint'),
  });
  const start = (): Promise<ApiProcess> => processes.start(environment());
  const sealed = async (): Promise<number> => (await database.storage.journal.head())?.treeSize ?? 0;

  beforeEach(async () => {
    database = await openTestDatabase();
    directory = await mkdtemp(join(tmpdir(), 'daybook-removed-'));
    const signed = await beginSigned(environment().DAYBOOK_SIGNED_CHECKPOINT_FILE ?? '');
    const api = await start();
    await api.client.open({ accountId: 'alice', initialDeposit: { amount: 1_000 } });
    await vi.waitUntil(async () => (await signed.last()).checkpoint.size === 2, { timeout: 20_000 });
    // A block of its own: the last one alone would be put back.
    await api.client.post('/v1/accounts/alice/deposits', { amount: 1, currency: 'EUR' });
    await vi.waitUntil(async () => (await signed.last()).checkpoint.size === 3, { timeout: 20_000 });
    await kill(api, 'SIGKILL');
    const tamperer = new Tamperer(database);
    await tamperer.collection('journal').deleteMany({});
    await tamperer.collection('journal_tiles').deleteMany({});
    const event = await tamperer.find('events', { streamId: 'account-alice', version: 2 });
    const data = { ...(event.data as object), amount: 900_000n };
    await tamperer.change('events', event, { data });
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it('is not signed, and said in the log; commands go on', { timeout: 60_000 }, async () => {
    const api = await start();
    await vi.waitUntil(() => api.stdout().includes('The journal has 0 events, and 3 were signed.'), {
      timeout: 20_000,
    });
    const { status } = await api.client.post(
      '/v1/accounts/alice/deposits',
      { amount: 1, currency: 'EUR' },
      { 'Idempotency-Key': 'k' },
    );
    expect(status).toBe(201);
    expect(await sealed()).toBe(0);
    const { body } = await api.client.get('/health');
    expect(body).toMatchObject({ status: 'degraded', journal: { position: 0, isRefused: true } });
    expect((await api.client.get('/metrics')).text).toContain('\ndaybook_journal_refused 1\n');
    expect(await kill(api, 'SIGTERM')).toBe(0);
    expect(await sealed()).toBe(0);
  });

  it('is told by a worker that is asked as well, which seals nothing itself', { timeout: 60_000 }, async () => {
    const { client } = await processes.start({ ...environment(), DAYBOOK_WORKERS: '1' });
    const isRefused = async (): Promise<unknown> => (await client.get('/health')).body;
    await expect
      .poll(isRefused, { timeout: 20_000 })
      .toMatchObject({ status: 'degraded', journal: { position: 0, isRefused: true } });
  });

  it('is found by npm run verify, with nothing that was kept elsewhere', { timeout: 60_000 }, async () => {
    const { code, stdout } = await runScript('verify', [], environment());
    expect(code).toBe(1);
    expect(stdout).toContain('ends before the checkpoint that was kept');
  });

  it('is not signed by another machine, which does not know what was: it does not even start', async () => {
    const elsewhere = join(directory, 'elsewhere.checkpoint');
    await expect(processes.start({ ...environment(), DAYBOOK_SIGNED_CHECKPOINT_FILE: elsewhere })).rejects.toThrow(
      /API ended with 1: [^]*There is no .*elsewhere\.checkpoint, which says what this key signed last\./,
    );
  });

  it('is not signed by an export either', async () => {
    const { code, stderr } = await runScript('export', [join(directory, 'ledger'), '--wait', '0'], environment());
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Nothing is sealed') as string });
  });
});

describe('a last block that was removed, together with its events and what follows from them', () => {
  let database: TestDatabase;
  let directory: string;
  let environment: Record<string, string>;
  const { kill, killAll, ...processes } = apiProcesses();

  beforeEach(async () => {
    database = await openTestDatabase();
    directory = await mkdtemp(join(tmpdir(), 'daybook-removed-'));
    environment = { MONGODB_URI: database.uri, DAYBOOK_SIGNED_CHECKPOINT_FILE: join(directory, 'signed.checkpoint') };
    await beginSigned(join(directory, 'signed.checkpoint'));
    const api = await processes.start(environment);
    await api.client.open({ accountId: 'alice', initialDeposit: { amount: 1_000 } });
    const sealed = async (): Promise<number | undefined> => (await database.storage.journal.head())?.treeSize;
    await vi.waitUntil(async () => (await sealed()) === 2, { timeout: 20_000 });
    await api.client.open({ accountId: 'bob' });
    await vi.waitUntil(async () => (await sealed()) === 3, { timeout: 20_000 });
    await kill(api, 'SIGKILL');
    const tamperer = new Tamperer(database);
    await tamperer.remove('journal', await tamperer.find('journal', {}, { _id: -1 }));
    await tamperer.remove('events', await tamperer.find('events', { streamId: 'account-bob' }));
    await tamperer.remove('accounts', await tamperer.find('accounts', { _id: 'bob' }));
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it('is found by npm run verify, although such a block may be on its way into the journal', async () => {
    const { code, stdout } = await runScript('verify', [], environment);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^NOT well: events, position 3, event \S+: the event that was sealed is not there\.\n/,
      ) as string,
    });
  });

  it('is not signed on: what is recorded in place of its events would be signed behind them', async () => {
    const api = await processes.start(environment);
    const isRefused = async (): Promise<unknown> => (await api.client.get('/health')).body;
    await expect
      .poll(isRefused, { timeout: 20_000 })
      .toMatchObject({ status: 'degraded', journal: { isRefused: true } });
    await expect.poll(api.stdout).toMatch(/The event \S+ was signed in block 2, and is not there as it was\./);
    expect((await database.storage.journal.head())?.treeSize).toBe(2);
  });

  it('is named by npm run verify where the block before it cannot be read', async () => {
    const tamperer = new Tamperer(database);
    await tamperer.change('journal', await tamperer.find('journal'), { range: 'none' });
    const { code, stdout } = await runScript('verify', [], environment);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^NOT well: journal, row "1": is not of the shape that its collection takes\.\n/,
      ) as string,
    });
  });

  it('is not seen without the file that says what was signed last, and that is said', async () => {
    await rm(environment.DAYBOOK_SIGNED_CHECKPOINT_FILE ?? '');
    const { code, stderr } = await runScript('verify', [], environment);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/There is no .*signed\.checkpoint, which says what was signed last/) as string,
    });
  });
});
