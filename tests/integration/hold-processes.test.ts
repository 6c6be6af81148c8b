import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { Json, Reply } from '../support/api.ts';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { streamOf } from '../support/recorded-events.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const accounts = ['a', 'b', 'c', 'd'] as const;
const EACH = 50;

const names = accounts.flatMap((accountId) =>
  Array.from({ length: EACH }, (_, index) => ({ accountId, holdId: `hold-${index}` })),
);

const endings = ['HoldCaptured', 'HoldReleased', 'HoldExpired'];

describe('holds that are due, with several API processes', () => {
  let database: TestDatabase;
  const { kill, killAll, count, ...processes } = apiProcesses();
  const start = (): Promise<ApiProcess> => processes.start({ MONGODB_URI: database.uri });

  /** Places all of them, to end so many milliseconds from now; gives that moment. */
  const placeAll = async ({ client }: ApiProcess, dueIn: number): Promise<number> => {
    for (const accountId of accounts) await client.open({ accountId, initialDeposit: { amount: 1_000 } });
    const due = Date.now() + dueIn;
    const expiresAt = new Date(due).toISOString();
    const commands = names.map((name) => ({
      ...name,
      type: 'PlaceHold',
      idempotencyKey: `${name.accountId}/${name.holdId}`,
      amount: 1,
      currency: 'EUR',
      expiresAt,
    }));
    const reply = await client.post('/v1/batches', { mode: 'atomic', commands });
    expect(reply.status, reply.text.slice(0, 300)).toBe(200);
    expect(Date.now()).toBeLessThan(due);
    return due;
  };

  const endedEvents = async (): Promise<readonly RecordedEvent[]> => {
    const streams = accounts.map((accountId) =>
      database.storage.events.read(streamOf(accountId), { after: 0, limit: 1_000 }),
    );
    return (await Promise.all(streams)).flat().filter(({ type }) => endings.includes(type));
  };

  const untilAllEnded = (): Promise<void> =>
    expect
      .poll(async () => (await endedEvents()).length, { timeout: 60_000, interval: 50 })
      .toBeGreaterThanOrEqual(names.length);

  /** Each once, every read model as the events have it, and nothing held any more. */
  const expectAllEndedOnce = async (): Promise<void> => {
    // What comes behind the last would come within two rounds.
    await sleep(2_500);
    const events = await endedEvents();
    expect(events).toHaveLength(names.length);
    const ended = new Set(events.map(({ streamId, data }) => `${streamId} ${'holdId' in data ? data.holdId : ''}`));
    expect(ended.size).toBe(names.length);
    expect((await verifyLedger(database.storage)).faults).toEqual([]);
  };

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    await killAll();
    await database.drop();
  });
  afterAll(() => expect(count()).toBe(0));

  it('expire once each, when the process that ends them is killed over it', { timeout: 180_000 }, async () => {
    const first = await start();
    const second = await start();
    await placeAll(first, 5_000);
    await expect.poll(async () => (await endedEvents()).length, { timeout: 30_000, interval: 1 }).toBeGreaterThan(0);
    await kill(first, 'SIGKILL');
    await untilAllEnded();
    await expectAllEndedOnce();
    const { body } = await second.client.get('/v1/accounts/a');
    expect(body).toMatchObject({ ledgerBalance: 1_000, heldAmount: 0, availableBalance: 1_000 });
  });

  it('expire once each, when it is killed before they are due', { timeout: 180_000 }, async () => {
    const first = await start();
    await start();
    await placeAll(first, 3_000);
    await kill(first, 'SIGKILL');
    await untilAllEnded();
    await expectAllEndedOnce();
  });

  it('expire at the next start where nobody was there', { timeout: 180_000 }, async () => {
    const first = await start();
    const due = await placeAll(first, 3_000);
    expect(await kill(first, 'SIGTERM')).toBe(0);
    await sleep(due - Date.now());
    expect(await endedEvents()).toEqual([]);
    await start();
    await untilAllEnded();
    await expectAllEndedOnce();
  });

  it('are captured or expire, and never both, when both happen at once', { timeout: 180_000 }, async () => {
    const processes = [await start(), await start()] as const;
    const due = await placeAll(processes[0], 6_000);
    // From a second before on, as fast as a few connections go.
    await sleep(due - Date.now() - 700);
    const replies = new Map<string, Reply>();
    const capture = async (name: (typeof names)[number], index: number): Promise<void> => {
      await sleep(Math.max(0, due - 600 + index * 6 - Date.now()));
      const path = `/v1/accounts/${name.accountId}/holds/${name.holdId}/capture`;
      const { client } = processes[index % 2 === 0 ? 0 : 1];
      replies.set(`${name.accountId}/${name.holdId}`, await client.post(path, {}));
    };
    await Promise.all(names.map(capture));
    await untilAllEnded();
    await expectAllEndedOnce();
    const events = await endedEvents();
    for (const event of events) {
      if (!('holdId' in event.data)) throw new Error('no hold');
      const { status, body } = replies.get(`${event.streamId.replace('account-', '')}/${event.data.holdId}`) ?? {};
      const heard = [status, (body as Json).holdStatus];
      expect(heard).toEqual(event.type === 'HoldCaptured' ? [201, undefined] : [422, 'expired']);
      if (event.type === 'HoldCaptured') expect(event.recordedAt).toBeLessThan(due);
      else expect(event.recordedAt).toBeGreaterThanOrEqual(due);
    }
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['HoldCaptured', 'HoldExpired']));
  });
});
