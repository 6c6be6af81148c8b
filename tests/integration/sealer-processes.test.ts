import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { Load } from '../support/load.ts';
import { sealerOver } from '../support/sealers.ts';
import { signedFileOf } from '../support/signed-file.ts';
import { verifyJournal } from '../support/verify-journal.ts';

const accounts = Array.from({ length: 64 }, (_, index) => `account-${index}`);

describe('API processes seal what they commit', () => {
  let database: TestDatabase;
  const { kill, killAll, count, ...processes } = apiProcesses();
  const start = (): Promise<ApiProcess> => processes.start({ MONGODB_URI: database.uri });

  const openAccounts = async ({ client }: ApiProcess): Promise<void> => {
    await Promise.all(accounts.map((accountId) => client.open({ accountId, initialDeposit: { amount: 1_000 } })));
  };

  const loadOn = (...processes: readonly ApiProcess[]): Load =>
    new Load(
      processes.map(({ client }) => client),
      accounts,
      12,
    );

  /** Resolves when there is no event that is not sealed. */
  const untilAllIsSealed = async (): Promise<void> => {
    const unsealed = async (): Promise<number> => {
      let events = 0;
      for await (const { version } of database.storage.events.heads()) events += version;
      return events - ((await database.storage.journal.head())?.treeSize ?? 0);
    };
    await expect.poll(unsealed, { timeout: 30_000, interval: 100 }).toBe(0);
  };

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
  });
  afterAll(() => expect(count()).toBe(0));

  it('every event once, in order, however often one is killed under load', { timeout: 180_000 }, async () => {
    let [victim, other] = [await start(), await start()];
    await openAccounts(victim);
    const loads: Load[] = [];
    for (let round = 0; round < 6; round += 1) {
      const load = loadOn(victim, other);
      loads.push(load);
      await load.progress(100);
      await sleep(randomInt(0, 300));
      await kill(victim, 'SIGKILL');
      // Those that find nobody any more go on asking, as clients do.
      void load.stop();
      [victim, other] = [other, await start()];
    }
    const last = loadOn(victim, other);
    await last.progress(100);
    await Promise.all([...loads, last].map((load) => load.stop()));
    await untilAllIsSealed();
    expect(await verifyJournal(database.storage)).toEqual([]);
  });

  it('another one goes on sealing when the one that commits is killed', { timeout: 90_000 }, async () => {
    const first = await start();
    const second = await start();
    await openAccounts(second);
    await untilAllIsSealed();
    await kill(first, 'SIGKILL');
    const load = loadOn(second);
    await load.progress(100);
    await load.stop();
    await untilAllIsSealed();
    expect(await verifyJournal(database.storage)).toEqual([]);
  });

  it('says so where it takes over, and what was signed last is not there any more', { timeout: 90_000 }, async () => {
    const first = await start();
    const second = await start();
    await openAccounts(second);
    await untilAllIsSealed();
    await rm(signedFileOf({ MONGODB_URI: database.uri }));
    await kill(first, 'SIGKILL');
    const health = async (): Promise<unknown> => (await second.client.get('/health')).body;
    await expect.poll(health, { timeout: 20_000 }).toMatchObject({ status: 'degraded', journal: { isRefused: true } });
    await expect.poll(second.stdout).toContain('which says what this key signed last');
  });

  it('a sealer beside the one of the process that commits harms nothing', { timeout: 90_000 }, async () => {
    const process = await start();
    await openAccounts(process);
    const sealer = sealerOver(database.storage);
    sealer.start();
    const load = loadOn(process);
    await load.progress(600);
    await load.stop();
    await untilAllIsSealed();
    await sealer.stop();
    expect(await verifyJournal(database.storage)).toEqual([]);
  });

  it(
    'SIGTERM ends a process that seals with exit code 0, and the next start seals the rest',
    { timeout: 90_000 },
    async () => {
      const first = await start();
      await openAccounts(first);
      const load = loadOn(first);
      await load.progress(200);
      expect(await kill(first, 'SIGTERM')).toBe(0);
      await load.stop();
      await start();
      await untilAllIsSealed();
      expect(await verifyJournal(database.storage)).toEqual([]);
    },
  );
});
