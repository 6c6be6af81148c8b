import { describe, expect, it } from 'vitest';
import { schemaVersions } from '../../src/domain/account/upcasters.ts';
import { accountView, balanceView, eventsView } from '../../src/http/schemas/views.ts';
import type { Json } from '../support/api.ts';
import { bodyAs, expectProblem, uuidV7 } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

describe('opening an account', () => {
  it('answers 201 with the account, its address and its version', async () => {
    const reply = await world.client.post('/v1/accounts', { accountId: 'alice', ownerId: 'owner-1', currency: 'EUR' });
    const account = bodyAs(accountView, reply, 201);
    const { openedAt, updatedAt, ...rest } = account;
    expect(rest).toEqual({
      accountId: 'alice',
      ownerId: 'owner-1',
      currency: 'EUR',
      status: 'active',
      ledgerBalance: 0,
      heldAmount: 0,
      availableBalance: 0,
      overdraftLimit: 0,
      version: 1,
      metadata: {},
    });
    expect(updatedAt).toBe(openedAt);
    expect(Math.abs(Date.now() - Date.parse(openedAt))).toBeLessThan(60_000);
    expect(reply.headers.get('location')).toBe('/v1/accounts/alice');
    expect(reply.headers.get('etag')).toBe('"1"');
    expect(reply.headers.get('idempotency-replayed')).toBeNull();
    expect(await world.client.get('/v1/accounts/alice')).toMatchObject({ text: reply.text });
  });

  it('makes an id of its own, a UUID v7, where none is given', async () => {
    const reply = await world.client.post('/v1/accounts', { ownerId: 'owner-1', currency: 'JPY' });
    const { accountId } = bodyAs(accountView, reply, 201);
    expect(accountId).toMatch(uuidV7);
    expect(reply.headers.get('location')).toBe(`/v1/accounts/${accountId}`);
    expect(bodyAs(accountView, await world.client.get(`/v1/accounts/${accountId}`)).currency).toBe('JPY');
  });

  it('takes every optional member: limit, first deposit, past value date, metadata', async () => {
    const effectiveAt = '2024-02-29T23:59:59.999+01:00';
    const metadata = { product: 'giro', 'a.b-c_d': 'ünïcode ✓', constructor: 'no trap' };
    const reply = await world.client.post('/v1/accounts', {
      accountId: 'with-all',
      ownerId: 'owner-2',
      currency: 'KWD',
      overdraftLimit: 500,
      initialDeposit: { amount: 1_500, reference: 'first', source: 'cash' },
      effectiveAt,
      metadata,
    });
    const account = bodyAs(accountView, reply, 201);
    expect(account).toMatchObject({
      ledgerBalance: 1_500,
      availableBalance: 2_000,
      overdraftLimit: 500,
      version: 2,
      openedAt: '2024-02-29T22:59:59.999Z',
      metadata,
    });
    expect(reply.headers.get('etag')).toBe('"2"');
    const { events } = bodyAs(eventsView, await world.client.get('/v1/accounts/with-all/events'));
    expect(events.map(({ type, version, data }) => ({ type, version, data }))).toEqual([
      {
        type: 'AccountOpened',
        version: 1,
        data: { accountId: 'with-all', ownerId: 'owner-2', currency: 'KWD', overdraftLimit: 500, metadata },
      },
      {
        type: 'MoneyDeposited',
        version: 2,
        data: { amount: 1_500, currency: 'KWD', reference: 'first', source: 'cash' },
      },
    ]);
    expect(new Set(events.map((event) => event.effectiveAt))).toEqual(new Set(['2024-02-29T22:59:59.999Z']));
  });

  it('takes ids of one and of 64 characters, and the largest amounts', async () => {
    for (const accountId of ['0', 'A'.repeat(64), 'a.b_c-d']) {
      expect((await world.client.open({ accountId })).accountId).toBe(accountId);
    }
    const largest = Number.MAX_SAFE_INTEGER;
    const { availableBalance } = await world.client.open({ initialDeposit: { amount: largest } });
    expect(availableBalance).toBe(largest);
    expect((await world.client.open({ overdraftLimit: largest })).availableBalance).toBe(largest);
  });
});

describe('changing an account', () => {
  it('freezes, unfreezes and closes, each with a reason that the event keeps', async () => {
    const id = await opened(world.client);
    const statuses: unknown[] = [];
    for (const verb of ['freeze', 'unfreeze', 'close']) {
      const reply = await world.client.post(`/v1/accounts/${id}/${verb}`, { reason: `why ${verb}` });
      const account = bodyAs(accountView, reply);
      expect(reply.headers.get('etag')).toBe(`"${account.version}"`);
      expect(reply.headers.get('location')).toBeNull();
      statuses.push([account.status, account.version]);
      expect(bodyAs(accountView, await world.client.get(`/v1/accounts/${id}`))).toEqual(account);
    }
    expect(statuses).toEqual([
      ['frozen', 2],
      ['active', 3],
      ['closed', 4],
    ]);
    const { events } = bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`));
    expect(events.slice(1).map(({ type, data }) => [type, data.reason])).toEqual([
      ['AccountFrozen', 'why freeze'],
      ['AccountUnfrozen', 'why unfreeze'],
      ['AccountClosed', 'why close'],
    ]);
  });

  it('takes neither debit nor credit while frozen, and both again afterwards', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 10 } });
    await world.client.post(`/v1/accounts/${id}/freeze`, { reason: 'r' });
    for (const path of ['deposits', 'withdrawals']) {
      const reply = await world.client.post(`/v1/accounts/${id}/${path}`, { amount: 1, currency: 'EUR' });
      expectProblem(reply, 'ACCOUNT_FROZEN', { accountId: id });
    }
    await world.client.post(`/v1/accounts/${id}/unfreeze`, { reason: 'r' });
    const reply = await world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 10, currency: 'EUR' });
    expect(reply.body.ledgerBalance).toBe(0);
  });

  it('closes a frozen account, and takes nothing at all afterwards', async () => {
    const id = await opened(world.client);
    await world.client.post(`/v1/accounts/${id}/freeze`, { reason: 'r' });
    await world.client.post(`/v1/accounts/${id}/close`, { reason: 'r' });
    for (const verb of ['freeze', 'unfreeze', 'close']) {
      const reply = await world.client.post(`/v1/accounts/${id}/${verb}`, { reason: 'r' });
      expectProblem(reply, 'ACCOUNT_CLOSED', { accountId: id });
    }
    expect(bodyAs(accountView, await world.client.get(`/v1/accounts/${id}`)).status).toBe('closed');
    const again = await world.client.post('/v1/accounts', { accountId: id, ownerId: 'o', currency: 'EUR' });
    expectProblem(again, 'ACCOUNT_ALREADY_EXISTS', { accountId: id });
  });

  it('does not close while money is owed in either direction', async () => {
    const rich = await opened(world.client, { initialDeposit: { amount: 1 } });
    const poor = await opened(world.client, { overdraftLimit: 1 });
    await world.client.post(`/v1/accounts/${poor}/withdrawals`, { amount: 1, currency: 'EUR' });
    for (const id of [rich, poor]) {
      expectProblem(await world.client.post(`/v1/accounts/${id}/close`, { reason: 'r' }), 'ACCOUNT_NOT_EMPTY');
    }
  });

  it('changes the overdraft limit, down to what is in use and no further', async () => {
    const id = await opened(world.client, { overdraftLimit: 100 });
    await world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 60, currency: 'EUR' });
    const limit = (overdraftLimit: number) =>
      world.client.post(`/v1/accounts/${id}/overdraft-limit`, { overdraftLimit });
    expectProblem(await limit(59), 'OVERDRAFT_IN_USE', { accountId: id });
    const reply = await limit(60);
    expect(bodyAs(accountView, reply)).toMatchObject({
      ledgerBalance: -60,
      availableBalance: 0,
      overdraftLimit: 60,
      version: 3,
    });
    expect(bodyAs(balanceView, await world.client.get(`/v1/accounts/${id}/balance`))).toMatchObject({
      ledgerBalance: -60,
      heldAmount: 0,
      availableBalance: 0,
      version: 3,
    });
  });
});

describe('an event', () => {
  it('names its stream, its cause and its command', async () => {
    const headers = { 'X-Request-Id': 'request-77', 'Idempotency-Key': 'key-77' };
    const account = { accountId: 'traced', ownerId: 'o', currency: 'EUR' };
    const reply = await world.client.post('/v1/accounts', account, headers);
    expect(reply.headers.get('x-request-id')).toBe('request-77');
    const { events } = bodyAs(eventsView, await world.client.get('/v1/accounts/traced/events'));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      streamId: 'account-traced',
      version: 1,
      type: 'AccountOpened',
      schemaVersion: schemaVersions.AccountOpened,
      metadata: {
        correlationId: 'request-77',
        causationId: 'request-77',
        actor: 'anonymous',
        command: 'OpenAccount',
        idempotencyKey: 'key-77',
      } satisfies Json,
    });
    expect(events[0]?.eventId).toMatch(uuidV7);
  });
});
