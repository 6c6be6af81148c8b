import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accountView, eventsView, receiptView, transferView } from '../../src/http/schemas/views.ts';
import { type ApiClient, type Json, type Reply, startApi } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { rawPost, sendRaw } from './raw-http.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

const withKey = (key: string): Record<string, string> => ({ 'Idempotency-Key': key });
const eur = (amount: number): Json => ({ amount, currency: 'EUR' });
const deposit = (id: string, headers: Record<string, string>, body: unknown = eur(5)): Promise<Reply> =>
  world.client.post(`/v1/accounts/${id}/deposits`, body, headers);
const balanceOf = async (id: string): Promise<unknown> =>
  (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;
const expectReplay = (replay: Reply, first: Reply): void => {
  expect(replay.headers.get('idempotency-replayed'), replay.text).toBe('true');
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(replay.text).toBe(first.text);
  for (const header of ['etag', 'location', 'content-type']) {
    expect(replay.headers.get(header)).toBe(first.headers.get(header));
  }
  expect(replay.status).toBe(first.status);
};

describe('the Idempotency-Key header', () => {
  it('is required for every command', async () => {
    const id = await opened(world.client);
    const init = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(eur(5)) };
    expectProblem(await world.client.send('POST', `/v1/accounts/${id}/deposits`, init), 'IDEMPOTENCY_KEY_REQUIRED', {});
    expectProblem(await deposit(id, withKey('')), 'IDEMPOTENCY_KEY_REQUIRED', {});
  });

  it.each([
    ['256 characters', 'k'.repeat(256)],
    ['a character beyond ASCII', 'schlüssel'],
    ['a space', 'a b'],
    ['a tab', 'a\tb'],
    ['a quoted space', '"a b"'],
    ['quoted, and empty', '""'],
    ['quoted, 256 characters', `"${'k'.repeat(256)}"`],
  ])('is refused with %s', async (_, key) => {
    const id = await opened(world.client);
    const bytes = Buffer.from(key).toString('latin1');
    expect(faultsOf(await deposit(id, withKey(bytes)))).toEqual(['header Idempotency-Key']);
    expect(await balanceOf(id)).toBe(0);
  });

  it('is refused where it is given twice, even with the same value', async () => {
    const id = await opened(world.client);
    const body = JSON.stringify(eur(5));
    const head = ['Content-Type: application/json', `Content-Length: ${body.length}`];
    const keys = ['Idempotency-Key: twice', 'Idempotency-Key: twice'];
    const bytes = rawPost(`/v1/accounts/${id}/deposits`, [...head, ...keys], body);
    const reply = await sendRaw(world.client.url, bytes);
    expect(reply.status).toBe(400);
    expect(reply.body).toContain('is given twice');
    expect(await balanceOf(id)).toBe(0);
  });

  it.each([
    ['255 characters', 'k'.repeat(255), `"${'k'.repeat(255)}"`],
    ['plain', 'plain-key', '"plain-key"'],
    ['a quote', 'with"quote', '"with\\"quote"'],
    ['a backslash', 'with\\backslash', '"with\\\\backslash"'],
    ['all of visible ASCII', "!#$%&'()*+,-./0:;<=>?@A[]^_`a{|}~", `"!#$%&'()*+,-./0:;<=>?@A[]^_\`a{|}~"`],
  ])('is the same key quoted and bare: %s', async (_, bare, quoted) => {
    const id = await opened(world.client);
    const first = await deposit(id, withKey(bare));
    expect(first.status).toBe(201);
    expectReplay(await deposit(id, withKey(quoted)), first);
    expect(await balanceOf(id)).toBe(5);
  });

  it('does not matter to queries', async () => {
    const id = await opened(world.client);
    expect((await world.client.get(`/v1/accounts/${id}`, withKey('a b'))).status).toBe(200);
  });
});

describe('the same key and the same request', () => {
  it('give the first answer again, byte for byte, however the JSON is spelled', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const first = await deposit(id, key, '{"amount":5,"currency":"EUR","metadata":{"a":"1","b":"é"}}');
    const spelled = '{ "metadata": {"b":"\\u00e9", "a":"1"},\n"currency":"EUR", "amount":5 }';
    expectReplay(await deposit(id, key, spelled), first);
    expect(await balanceOf(id)).toBe(5);
  });

  it('give the first answer again for every kind of command', async () => {
    const [from, to] = [await opened(world.client, { initialDeposit: { amount: 9 } }), await opened(world.client)];
    const { body } = await world.client.post(`/v1/accounts/${to}/deposits`, eur(1));
    const commands: readonly (readonly [string, Json])[] = [
      ['/v1/accounts', { ownerId: 'o', currency: 'EUR' }],
      [`/v1/accounts/${from}/deposits`, eur(1)],
      [`/v1/accounts/${from}/withdrawals`, eur(1)],
      [`/v1/accounts/${from}/overdraft-limit`, { overdraftLimit: 3 }],
      ['/v1/transfers', { fromAccountId: from, toAccountId: to, ...eur(1) }],
      ['/v1/reversals', { eventId: body.eventId, reason: 'r' }],
      [`/v1/accounts/${from}/freeze`, { reason: 'r' }],
      [`/v1/accounts/${from}/unfreeze`, { reason: 'r' }],
    ];
    const sent: { path: string; wish: Json; key: Record<string, string>; first: Reply }[] = [];
    for (const [path, wish] of commands) {
      const key = withKey(randomUUID());
      const first = await world.client.post(path, wish, key);
      expect(first.status, first.text).toBeLessThan(300);
      sent.push({ path, wish, key, first });
    }
    for (const { path, wish, key, first } of sent) expectReplay(await world.client.post(path, wish, key), first);
  });

  it('give the first answer again after the account was closed', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const first = await deposit(id, key);
    await world.client.post(`/v1/accounts/${id}/withdrawals`, eur(5));
    await world.client.post(`/v1/accounts/${id}/close`, { reason: 'r' });
    expectReplay(await deposit(id, key), first);
    expectProblem(await deposit(id, withKey(randomUUID())), 'ACCOUNT_CLOSED');
  });

  it('give the first answer again whatever If-Match says now', async () => {
    const id = await opened(world.client);
    const headers = { ...withKey(randomUUID()), 'If-Match': '"1"' };
    const first = await deposit(id, headers);
    expectReplay(await deposit(id, headers), first);
  });

  it('give the first answer again from another API on the same storage', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const first = await deposit(id, key);
    const restarted = await startApi(world.storage);
    try {
      expectReplay(await restarted.client.post(`/v1/accounts/${id}/deposits`, eur(5), key), first);
      const other = await restarted.client.post(`/v1/accounts/${id}/deposits`, eur(6), key);
      expectProblem(other, 'IDEMPOTENCY_KEY_REUSED', {});
    } finally {
      await restarted.close();
    }
    expect(await balanceOf(id)).toBe(5);
  });

  it('have one effect when fifty come at once', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const replies = await Promise.all(Array.from({ length: 50 }, () => deposit(id, key)));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    bodyAs(receiptView, replies[0] ?? (await deposit(id, key)), 201);
    expect(await balanceOf(id)).toBe(5);
    const { events } = bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`));
    expect(events).toHaveLength(2);
  });

  it('have one effect when fifty come at once to two APIs, ids made by the ledger included', async () => {
    const other = await startApi(world.storage);
    try {
      const key = withKey(randomUUID());
      const ownerId = `owner-${randomUUID()}`;
      const clients: readonly ApiClient[] = [world.client, other.client];
      const open = (client: ApiClient) => client.post('/v1/accounts', { ownerId, currency: 'EUR' }, key);
      const replies = await Promise.all(Array.from({ length: 25 }, () => clients.map(open)).flat());
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      const { body } = await world.client.get(`/v1/accounts?ownerId=${ownerId}`);
      expect(body.accounts).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});

describe('the same key and another request', () => {
  const cases: readonly (readonly [string, (id: string, other: string) => readonly [string, Json]])[] = [
    ['another amount', (id) => [`/v1/accounts/${id}/deposits`, eur(6)]],
    ['one more member', (id) => [`/v1/accounts/${id}/deposits`, { ...eur(5), reference: 'r' }]],
    ['another account', (_, other) => [`/v1/accounts/${other}/deposits`, eur(5)]],
    ['another command', (id) => [`/v1/accounts/${id}/withdrawals`, eur(5)]],
  ];

  it.each(cases)('are refused: %s', async (_, make) => {
    const [id, other] = [await opened(world.client), await opened(world.client)];
    const key = withKey(randomUUID());
    await deposit(id, key);
    const [path, body] = make(id, other);
    expectProblem(await world.client.post(path, body, key), 'IDEMPOTENCY_KEY_REUSED', {});
    expect([await balanceOf(id), await balanceOf(other)]).toEqual([5, 0]);
  });

  it('are refused when they come at once: one of them counts', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const replies = await Promise.all([1, 2, 3, 4].map((amount) => deposit(id, key, eur(amount))));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const counted = replies.find(({ status }) => status === 201)?.body.amount;
    expect(await balanceOf(id)).toBe(counted);
  });
});

describe('a rejected command', () => {
  it('stores nothing, so that its key serves again when the reason is gone', async () => {
    const id = await opened(world.client);
    const key = withKey(randomUUID());
    const withdraw = (): Promise<Reply> => world.client.post(`/v1/accounts/${id}/withdrawals`, eur(5), key);
    expectProblem(await withdraw(), 'INSUFFICIENT_FUNDS');
    expectProblem(await withdraw(), 'INSUFFICIENT_FUNDS');
    await deposit(id, withKey(randomUUID()));
    const accepted = await withdraw();
    expect(bodyAs(receiptView, accepted, 201).ledgerBalance).toBe(0);
    expect(accepted.headers.get('idempotency-replayed')).toBeNull();
  });

  it('lets its key be used for another request', async () => {
    const key = withKey(randomUUID());
    expectProblem(await deposit('absent', key), 'ACCOUNT_NOT_FOUND');
    const reply = await world.client.post('/v1/accounts', { ownerId: 'o', currency: 'EUR' }, key);
    bodyAs(accountView, reply, 201);
  });

  it('does not use its transaction id or transfer id up', async () => {
    const [from, to] = [await opened(world.client), await opened(world.client)];
    const names = { transactionId: randomUUID(), transferId: randomUUID() };
    const transfer = (): Promise<Reply> =>
      world.client.post('/v1/transfers', { fromAccountId: from, toAccountId: to, ...eur(5), ...names });
    expectProblem(await transfer(), 'INSUFFICIENT_FUNDS');
    await deposit(from, withKey(randomUUID()));
    expect(bodyAs(transferView, await transfer(), 201)).toMatchObject(names);
  });
});
