import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

// Whatever is written there is answered as on a disk without room.
const FULL = '/dev/full';

describe.skipIf(!existsSync(FULL))('a process whose log is on a full disk', () => {
  const processes = apiProcesses();
  let database: TestDatabase;
  let log = 0;

  beforeAll(async () => {
    database = await openTestDatabase();
    log = openSync(FULL, 'w');
  });
  afterAll(async () => {
    await processes.killAll();
    closeSync(log);
    await database.drop();
  });

  it.each([0, 2])('goes on, and ends when it is told to, with %i workers', { timeout: 60_000 }, async (workers) => {
    const settings = { MONGODB_URI: database.uri, LOG_LEVEL: 'info', DAYBOOK_WORKERS: String(workers) };
    const api = await processes.start(settings, log);
    for (let round = 0; round < 5; round += 1) {
      for (let request = 0; request < 40; request += 1) await api.client.get('/health/live');
      await sleep(250);
    }
    await api.client.open({ accountId: `alice-${workers}` });
    const asked = performance.now();
    expect(await processes.kill(api, 'SIGTERM')).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
  });
});
