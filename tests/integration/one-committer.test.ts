import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMITTER, type LeaseRow, leasesTable, NOBODY } from '../../src/committer/lease.ts';
import type { Reply } from '../support/api.ts';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { isOpen, Load } from '../support/load.ts';
import { brokenPromises } from '../support/load-effects.ts';

// So many that most are free while the transaction of a killed process still holds those that it was writing to.
const accounts = Array.from({ length: 64 }, (_, index) => `account-${index}`);

/** So little that many transfers are refused. */
const OPENING = 20;

describe('API processes on one database', () => {
  let database: TestDatabase;
  const { kill, killAll, count, ...processes } = apiProcesses();

  /** A process whose writes can be told from those of the others. */
  const start = (name: string): Promise<ApiProcess> => {
    const uri = new URL(database.uri);
    uri.searchParams.set('appName', name);
    return processes.start({ MONGODB_URI: uri.href });
  };

  const lease = (): Promise<LeaseRow | undefined> => database.storage.table(leasesTable).get(COMMITTER);

  /** Resolves when another one than this holds the lease, with the milliseconds that it took. */
  const successorOf = async (holder: string | undefined): Promise<number> => {
    const begun = performance.now();
    for (;;) {
      const row = await lease();
      if (row && row.holder !== holder && row.holder !== NOBODY) return performance.now() - begun;
      if (performance.now() - begun > 20_000) throw new Error('nobody took the lease');
      await sleep(50);
    }
  };

  /** Which of the processes recorded events while this went on. */
  const writersDuring = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const db = database.connection.getClient().db(database.connection.name);
    await db.command({ profile: 2 });
    try {
      await work();
    } finally {
      await db.command({ profile: 0 });
    }
    const inserts = { op: 'insert', ns: `${db.databaseName}.events` };
    const names: unknown[] = await db.collection('system.profile').distinct('appName', inserts);
    await db.collection('system.profile').drop();
    return names.map(String).sort();
  };

  const loadOn = (processes: readonly ApiProcess[], senders = 12): Load =>
    new Load(
      processes.map(({ client }) => client),
      accounts,
      senders,
    );

  const openAccounts = async ({ client }: ApiProcess): Promise<void> => {
    await Promise.all(accounts.map((accountId) => client.open({ accountId, initialDeposit: { amount: OPENING } })));
  };

  /** Two processes, of which the first commits. */
  const pair = async (): Promise<readonly [ApiProcess, ApiProcess]> => {
    const first = await start('first');
    const second = await start('second');
    await openAccounts(second);
    // The second has found the first by then.
    await sleep(1_500);
    return [first, second];
  };

  /** Such a pair, its committer's lease, and a load on each that has had so many acknowledgements. */
  const pairUnderLoad = async (acknowledged: number) => {
    const [first, second] = await pair();
    const holder = (await lease())?.holder;
    const [there, here] = [loadOn([first]), loadOn([second])];
    await Promise.all([there.progress(acknowledged), here.progress(acknowledged)]);
    return { first, second, holder, there, here };
  };

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
  });
  afterAll(() => expect(count()).toBe(0));

  it('one commits for all three; when it is killed, one of the others does', { timeout: 90_000 }, async () => {
    const first = await start('first');
    const others = [await start('second'), await start('third')] as const;
    await openAccounts(first);
    await sleep(1_500);
    const load = loadOn([first, ...others]);
    expect(await writersDuring(() => load.progress(300))).toEqual(['first']);
    const holder = (await lease())?.holder;
    const rest = loadOn(others);
    await load.progress(20);
    await kill(first, 'SIGKILL');
    expect(await successorOf(holder)).toBeLessThan(8_000);
    await sleep(2_500);
    // What each has begun itself until then may wait for documents that the killed one holds.
    let writers = await writersDuring(() => rest.progress(100));
    for (let round = 0; round < 20 && writers.length > 1; round += 1) {
      writers = await writersDuring(() => rest.progress(100));
    }
    expect([['second'], ['third']]).toContainEqual(writers);
    const sent = (await Promise.all([load.stop(), rest.stop()])).flat();
    expect(await brokenPromises(database.storage, others[0].client, sent)).toEqual([]);
  });

  it('one key at the same moment to both has one effect and one answer', async () => {
    const both = await pair();
    for (let round = 0; round < 50; round += 1) {
      const headers = { 'Idempotency-Key': randomUUID() };
      const body = { amount: 1, currency: 'EUR' };
      const replies = await Promise.all(
        both.map(({ client }) => client.post('/v1/accounts/account-0/deposits', body, headers)),
      );
      expect(replies.map(({ status }) => status)).toEqual([201, 201]);
      expect(replies[0]?.text).toBe(replies[1]?.text);
    }
    const { body } = await both[0].client.get('/v1/accounts/account-0/balance');
    expect(body.ledgerBalance).toBe(OPENING + 50);
  });

  it(
    'kill -9 of the one that commits: the other goes on at once, and takes the lease',
    { timeout: 90_000 },
    async () => {
      const { first, second, holder, there, here } = await pairUnderLoad(100);
      await kill(first, 'SIGKILL');
      const killed = performance.now();
      await here.progress(50);
      expect(performance.now() - killed).toBeLessThan(10_000);
      expect(await successorOf(holder)).toBeLessThan(8_000);
      const again = await start('first');
      const behind = loadOn([again]);
      await behind.progress(50);
      await sleep(1_500);
      expect(await writersDuring(() => behind.progress(100))).toEqual(['second']);
      const sent = (await Promise.all([there.stop(), here.stop(), behind.stop()])).flat();
      const codes = new Set(here.sent.filter(isOpen).map(({ reply }) => reply?.body.code));
      for (const code of codes) expect(['OUTCOME_UNKNOWN', 'CONCURRENCY_CONFLICT']).toContain(code);
      expect(await brokenPromises(database.storage, second.client, sent)).toEqual([]);
    },
  );

  it(
    'one that is stopped for six seconds while it commits is passed by, and comes back as one of many',
    { timeout: 90_000 },
    async () => {
      const { first, second, holder, there, here } = await pairUnderLoad(100);
      first.signal('SIGSTOP');
      await Promise.all([successorOf(holder), sleep(6_000)]);
      first.signal('SIGCONT');
      await Promise.all([there.progress(50), here.progress(50)]);
      await sleep(2_500);
      expect(await writersDuring(() => Promise.all([there.progress(100), here.progress(100)]))).toEqual(['second']);
      const sent = (await Promise.all([there.stop(), here.stop()])).flat();
      expect(await brokenPromises(database.storage, second.client, sent)).toEqual([]);
    },
  );

  it(
    'a command that was refused here is not carried out when the one that was asked first wakes up',
    { timeout: 90_000 },
    async () => {
      const [first, second] = await pair();
      await second.client.open({ accountId: 'refused' });
      const key = { 'Idempotency-Key': randomUUID() };
      const withdrawal = { amount: 50, currency: 'EUR' };
      const withdraw = (): Promise<Reply> => second.client.post('/v1/accounts/refused/withdrawals', withdrawal, key);
      first.signal('SIGSTOP');
      expect((await withdraw()).body).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect((await withdraw()).body).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
      const deposit = { amount: 100, currency: 'EUR' };
      expect((await second.client.post('/v1/accounts/refused/deposits', deposit)).status).toBe(201);
      first.signal('SIGCONT');
      await sleep(2_500);
      expect((await second.client.get('/v1/accounts/refused/balance')).body).toMatchObject({ ledgerBalance: 100 });
      expect((await withdraw()).status).toBe(201);
    },
  );

  it('SIGTERM of the one that commits: no request at the other fails', { timeout: 90_000 }, async () => {
    const { first, second, holder, there, here } = await pairUnderLoad(200);
    expect(await kill(first, 'SIGTERM')).toBe(0);
    await here.progress(100);
    expect(await successorOf(holder)).toBeLessThan(3_000);
    await here.progress(100);
    const [gone, sent] = await Promise.all([there.stop(), here.stop()]);
    expect(sent.filter(isOpen)).toEqual([]);
    for (const { reply } of gone.filter(isOpen)) expect([undefined, 'UNAVAILABLE']).toContain(reply?.body.code);
    expect(await brokenPromises(database.storage, second.client, [...gone, ...sent])).toEqual([]);
  });
});
