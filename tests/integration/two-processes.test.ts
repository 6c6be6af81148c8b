import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, Json, Reply } from '../support/api.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { streamOf } from '../support/recorded-events.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const statusesOf = (replies: readonly Reply[]): readonly number[] => replies.map(({ status }) => status).sort();

const codesOf = (replies: readonly Reply[]): readonly unknown[] =>
  replies.filter(({ status }) => status !== 201).map(({ body }) => body.code);

/** Two API processes that know nothing of each other, on one database. */
describe('two API processes on one ledger', () => {
  let database: TestDatabase;
  let processes: readonly ApiProcess[] = [];

  const client = (index: number): ApiClient => {
    const process = processes[index % processes.length];
    if (!process) throw new Error('no API process');
    return process.client;
  };

  /** The same request to both at once. */
  const toBoth = (path: string, body: Json, headers: (index: number) => Record<string, string>): Promise<Reply[]> =>
    Promise.all([0, 1].map((index) => client(index).post(path, body, headers(index))));

  /** Requests to both in turn, all at once. */
  const all = (count: number, path: (index: number) => string, body: (index: number) => Json): Promise<Reply[]> =>
    Promise.all(range(count).map((index) => client(index).post(path(index), body(index))));

  const balanceOf = async (accountId: string): Promise<unknown> =>
    (await client(0).get(`/v1/accounts/${accountId}/balance`)).body.ledgerBalance;

  const money = (amount: number): Json => ({ amount, currency: 'EUR' });

  beforeAll(async () => {
    database = await openTestDatabase();
    const start = (): Promise<ApiProcess> => startApiProcess({ MONGODB_URI: database.uri });
    processes = await Promise.all([start(), start()]);
  });
  afterEach(async () => {
    const { faults } = await verifyLedger(database.storage);
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    await database.drop();
  });

  describe('the same key at the same moment to both has one effect and one answer', () => {
    const kinds: readonly (readonly [string, (account: string) => readonly [string, Json]])[] = [
      ['a deposit', (id) => [`/v1/accounts/${id}/deposits`, money(5)]],
      ['a withdrawal of all there is', (id) => [`/v1/accounts/${id}/withdrawals`, money(100)]],
      [
        'a transfer of all there is',
        (id) => ['/v1/transfers', { fromAccountId: id, toAccountId: 'till', ...money(100) }],
      ],
      ['an opening', (id) => ['/v1/accounts', { accountId: `${id}-new`, ownerId: 'owner', currency: 'EUR' }]],
    ];

    it.each(kinds)('%s, 25 times', async (_, requestFor) => {
      await client(0).post('/v1/accounts', { accountId: 'till', ownerId: 'owner', currency: 'EUR' });
      for (const _round of range(25)) {
        const accountId = randomUUID();
        await client(0).open({ accountId, initialDeposit: { amount: 100 } });
        // Both know the account, so that neither has to read it first.
        const warm = [0, 1].map((index) => client(index).post(`/v1/accounts/${accountId}/withdrawals`, money(1_000)));
        expect(statusesOf(await Promise.all(warm))).toEqual([422, 422]);
        const [path, body] = requestFor(accountId);
        const key = randomUUID();
        const replies = await toBoth(path, body, () => ({ 'Idempotency-Key': key }));
        expect(replies.map(({ status, text }) => [status, status === 201 ? '' : text])).toEqual([
          [201, ''],
          [201, ''],
        ]);
        expect(replies[1]?.text).toBe(replies[0]?.text);
        expect(replies[1]?.headers.get('etag')).toBe(replies[0]?.headers.get('etag'));
        const replayed = replies.map(({ headers }) => headers.get('idempotency-replayed'));
        expect(replayed.sort()).toEqual([null, 'true'].sort());
        expect((await client(1).post(path, body, { 'Idempotency-Key': key })).text).toBe(replies[0]?.text);
      }
    });
  });

  it('one transaction id under two keys is recorded once, and the other caller is told by which event', async () => {
    await client(0).open({ accountId: 'named' });
    for (const round of range(25)) {
      const body = { ...money(1), transactionId: `tx-${round}` };
      const replies = await toBoth('/v1/accounts/named/deposits', body, () => ({}));
      expect(statusesOf(replies)).toEqual([201, 409]);
      const [won, lost] = replies[0]?.status === 201 ? replies : [...replies].reverse();
      expect(lost?.body).toMatchObject({ code: 'TRANSACTION_ALREADY_RECORDED', eventId: won?.body.eventId });
    }
    expect(await balanceOf('named')).toBe(25);
  });

  it('one transfer id under two keys is used once', async () => {
    await client(0).open({ accountId: 'giver', initialDeposit: { amount: 1_000 } });
    await client(0).open({ accountId: 'taker' });
    for (const round of range(10)) {
      const body = { transferId: `transfer-${round}`, fromAccountId: 'giver', toAccountId: 'taker', ...money(10) };
      const replies = await toBoth('/v1/transfers', body, () => ({}));
      expect(statusesOf(replies)).toEqual([201, 409]);
      expect(codesOf(replies)).toEqual(['TRANSFER_ALREADY_EXISTS']);
    }
    expect(await balanceOf('taker')).toBe(100);
  });

  it('eight withdrawals at once take no more than there is', async () => {
    for (const round of range(5)) {
      const accountId = `wallet-${round}`;
      await client(0).open({ accountId, initialDeposit: { amount: 1_000 } });
      const replies = await all(
        8,
        () => `/v1/accounts/${accountId}/withdrawals`,
        () => money(200),
      );
      expect(statusesOf(replies)).toEqual([201, 201, 201, 201, 201, 422, 422, 422]);
      expect(new Set(codesOf(replies))).toEqual(new Set(['INSUFFICIENT_FUNDS']));
      expect(await balanceOf(accountId)).toBe(0);
    }
  });

  it('transfers in a circle all go through, and the circle holds what it held', async () => {
    const circle = ['circle-a', 'circle-b', 'circle-c'];
    for (const accountId of circle) await client(0).open({ accountId, initialDeposit: { amount: 10_000 } });
    const replies = await all(
      240,
      () => '/v1/transfers',
      (index) => ({
        fromAccountId: circle[index % 3],
        toAccountId: circle[(index + 1) % 3],
        ...money(1 + (index % 7)),
      }),
    );
    expect(new Set(codesOf(replies))).toEqual(new Set());
    const balances = await Promise.all(circle.map(balanceOf));
    expect(balances.reduce<number>((sum, balance) => sum + Number(balance), 0)).toBe(30_000);
  });

  it('nothing is withdrawn behind a freeze', async () => {
    for (const round of range(5)) {
      const accountId = `frozen-${round}`;
      await client(0).open({ accountId, initialDeposit: { amount: 1_000 } });
      const withdrawing = (index: number): Promise<Reply> =>
        client(index).post(`/v1/accounts/${accountId}/withdrawals`, money(1));
      const before = range(20).map(withdrawing);
      const freezing = client(round).post(`/v1/accounts/${accountId}/freeze`, { reason: 'fraud' });
      const behind = range(20).map(withdrawing);
      const replies = await Promise.all([...before, ...behind]);
      const { status, body } = await freezing;
      expect(status).toBeLessThan(300);
      const accepted = replies.filter((reply) => reply.status === 201);
      expect(new Set(codesOf(replies))).toEqual(new Set(['ACCOUNT_FROZEN']));
      expect(Math.max(...accepted.map((reply) => Number(reply.body.version)), 0)).toBeLessThan(Number(body.version));
      const events = await database.storage.events.read(streamOf(accountId), { after: 0, limit: 100 });
      expect(events.at(-1)?.type).toBe('AccountFrozen');
      expect(events).toHaveLength(3 + accepted.length);
    }
  });

  describe('reversals of one event at the same moment', () => {
    const depositOf = async (amount: number): Promise<unknown> => {
      const { accountId } = await client(0).open();
      return (await client(0).post(`/v1/accounts/${String(accountId)}/deposits`, money(amount))).body.eventId;
    };

    it.each([
      ['in whole, twice', 2, undefined, 1],
      ['in parts that together pass the original', 2, 60, 1],
      ['in eight parts, of which three fit', 8, 30, 3],
    ] as const)('%s', async (_, count, amount, fitting) => {
      for (const _round of range(5)) {
        const eventId = await depositOf(100);
        const body = { eventId, reason: 'a mistake', ...(amount !== undefined && { amount }) };
        const replies = await all(
          count,
          () => '/v1/reversals',
          () => body,
        );
        expect(replies.filter(({ status }) => status === 201)).toHaveLength(fitting);
        expect(new Set(codesOf(replies))).toEqual(new Set(['REVERSAL_EXCEEDS_ORIGINAL']));
      }
    });

    it('of a transfer, named by either leg', async () => {
      await client(0).open({ accountId: 'leg-a', initialDeposit: { amount: 1_000 } });
      await client(0).open({ accountId: 'leg-b', initialDeposit: { amount: 1_000 } });
      for (const _round of range(5)) {
        const { body } = await client(0).post('/v1/transfers', {
          fromAccountId: 'leg-a',
          toAccountId: 'leg-b',
          ...money(100),
        });
        const legs = [body.from, body.to] as readonly Json[];
        const replies = await Promise.all(
          legs.map((leg, index) =>
            client(index).post('/v1/reversals', { eventId: leg.eventId, amount: 60, reason: 'a mistake' }),
          ),
        );
        expect(statusesOf(replies)).toEqual([201, 422]);
        expect(codesOf(replies)).toEqual(['REVERSAL_EXCEEDS_ORIGINAL']);
      }
    });
  });

  it('a hot account takes deposits from both, every one, in one dense order', async () => {
    await client(0).open({ accountId: 'hot' });
    const count = 600;
    const replies = await all(
      count,
      () => '/v1/accounts/hot/deposits',
      () => money(1),
    );
    expect(codesOf(replies)).toEqual([]);
    const versions = replies.map(({ body }) => Number(body.version)).sort((left, right) => left - right);
    expect(versions).toEqual(range(count).map((index) => index + 2));
    expect(await balanceOf('hot')).toBe(count);
  });

  it('what came in through one process can be spent through the other at once', async () => {
    await client(0).open({ accountId: 'stale', initialDeposit: { amount: 1 } });
    for (const round of range(20)) {
      const [here, there] = [client(round), client(round + 1)];
      // A "no" leaves the account in the memory of the process that said it.
      expect((await there.post('/v1/accounts/stale/withdrawals', money(50))).status).toBe(422);
      expect((await here.post('/v1/accounts/stale/deposits', money(50))).status).toBe(201);
      expect((await there.post('/v1/accounts/stale/withdrawals', money(50))).status).toBe(201);
    }
    expect(await balanceOf('stale')).toBe(1);
  });

  it('a freeze through one process holds in the other at once, and so does its end', async () => {
    await client(0).open({ accountId: 'halted', initialDeposit: { amount: 100 } });
    for (const round of range(5)) {
      const [here, there] = [client(round), client(round + 1)];
      expect((await there.post('/v1/accounts/halted/deposits', money(1))).status).toBe(201);
      await here.post('/v1/accounts/halted/freeze', { reason: 'a question' });
      const refused = await there.post('/v1/accounts/halted/withdrawals', money(1));
      expect(refused.body.code).toBe('ACCOUNT_FROZEN');
      await here.post('/v1/accounts/halted/unfreeze', { reason: 'an answer' });
      expect((await there.post('/v1/accounts/halted/withdrawals', money(1))).status).toBe(201);
    }
    expect(await balanceOf('halted')).toBe(100);
  });

  it('If-Match on one version lets one of two callers through', async () => {
    await client(0).open({ accountId: 'matched', initialDeposit: { amount: 100 } });
    for (const round of range(10)) {
      const version = round + 2;
      const replies = await toBoth('/v1/accounts/matched/deposits', money(1), () => ({ 'If-Match': `"${version}"` }));
      expect(statusesOf(replies)).toEqual([201, 412]);
    }
  });
});
