import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignedCheckpoint } from '../../src/journal/signed-checkpoint.ts';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
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
    const api = await start();
    await api.client.open({ accountId: 'alice', initialDeposit: { amount: 1_000 } });
    const signed = new SignedCheckpoint(environment().DAYBOOK_SIGNED_CHECKPOINT_FILE ?? '');
    await vi.waitUntil(async () => (await signed.last())?.size === 2, { timeout: 20_000 });
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
    await vi.waitUntil(() => api.stdout().includes('The journal has 0 events, and 2 were signed.'), {
      timeout: 20_000,
    });
    const { status } = await api.client.post(
      '/v1/accounts/alice/deposits',
      { amount: 1, currency: 'EUR' },
      { 'Idempotency-Key': 'k' },
    );
    expect(status).toBe(201);
    expect(await sealed()).toBe(0);
    expect(await kill(api, 'SIGTERM')).toBe(0);
    expect(await sealed()).toBe(0);
  });

  it('is found by npm run verify, with nothing that was kept elsewhere', { timeout: 60_000 }, async () => {
    const { code, stdout } = await runScript('verify', [], environment());
    expect(code).toBe(1);
    expect(stdout).toContain('ends before the checkpoint that was kept');
  });

  it(
    'cannot be overlooked for want of a file: a process that has no place for it says so, and ends',
    { timeout: 60_000 },
    async () => {
      await rm(join(directory, 'signed.checkpoint'));
      const nowhere = join(directory, 'nowhere', 'signed.checkpoint');
      await expect(processes.start({ ...environment(), DAYBOOK_SIGNED_CHECKPOINT_FILE: nowhere })).rejects.toThrow(
        /API ended with 1: .*cannot be kept in .*nowhere.*DAYBOOK_SIGNED_CHECKPOINT_FILE/s,
      );
    },
  );
});
