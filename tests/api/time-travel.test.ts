import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountView, balanceView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);
const NOW = '2041-01-01T00:00:00.000Z';

const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
const day = (text: string): string => `2040-${text}T00:00:00.000Z`;

const at = async <T>(moment: string, act: () => Promise<T>): Promise<T> => {
  clock.moveTo(moment);
  return act();
};

afterEach(() => clock.moveTo(NOW));

/*
 * One account's year, by when things were recorded:
 *   v1 opened 1 January with an overdraft of 10 · v2 deposit 100 on 1 February · v3 frozen 1 March · v4 unfrozen 1 April ·
 *   v5 deposit 50 recorded 1 May, counting from 15 February · v6 withdrawal 30 on 1 June · v7 reversal of v2 in part, 40,
 *   on 1 July · v8 overdraft limit 0 on 1 August
 */
const liveOneYear = async (): Promise<string> => {
  const post = (path: string, body: Json): Promise<Reply> => world.client.post(path, body);
  const id = await at(day('01-01'), () => opened(world.client, { overdraftLimit: 10 }));
  const account = `/v1/accounts/${id}`;
  const deposit = await at(day('02-01'), () => post(`${account}/deposits`, eur(100)));
  await at(day('03-01'), () => post(`${account}/freeze`, { reason: 'r' }));
  await at(day('04-01'), () => post(`${account}/unfreeze`, { reason: 'r' }));
  await at(day('05-01'), () => post(`${account}/deposits`, eur(50, { effectiveAt: day('02-15') })));
  await at(day('06-01'), () => post(`${account}/withdrawals`, eur(30)));
  const { eventId } = deposit.body;
  await at(day('07-01'), () => post('/v1/reversals', { eventId, amount: 40, reason: 'r' }));
  await at(day('08-01'), () => post(`${account}/overdraft-limit`, { overdraftLimit: 0 }));
  clock.moveTo(NOW);
  return id;
};

let id = '';

beforeAll(async () => {
  id = await liveOneYear();
});

const account = async (query: string) => bodyAs(accountView, await world.client.get(`/v1/accounts/${id}${query}`));
const balance = async (query: string) =>
  bodyAs(balanceView, await world.client.get(`/v1/accounts/${id}/balance${query}`));

describe('an account as of a value date', () => {
  it.each([
    [day('01-01'), 0, 10],
    [day('01-31'), 0, 10],
    ['2040-01-31T23:59:59.999Z', 0, 10],
    [day('02-01'), 100, 110],
    ['2040-02-14T23:59:59.999Z', 100, 110],
    [day('02-15'), 150, 160],
    [day('05-31'), 150, 160],
    [day('06-01'), 120, 130],
    [day('07-01'), 80, 90],
    ['2040-07-31T23:59:59.999Z', 80, 90],
    [day('08-01'), 80, 80],
    [NOW, 80, 80],
  ])('on %s has a ledger balance of %i, and %i available', async (asOf, ledgerBalance, availableBalance) => {
    expect(await balance(`?asOf=${asOf}`)).toEqual({
      accountId: id,
      currency: 'EUR',
      ledgerBalance,
      heldAmount: 0,
      availableBalance,
      version: 8,
      asOf,
      knownAt: NOW,
    });
    expect(await account(`?asOf=${asOf}`)).toMatchObject({ ledgerBalance, availableBalance });
  });

  it.each([
    ['2040-02-28T23:59:59.999Z', 'active'],
    [day('03-01'), 'frozen'],
    ['2040-03-31T23:59:59.999Z', 'frozen'],
    [day('04-01'), 'active'],
  ])('on %s was %s', async (asOf, status) => {
    expect((await account(`?asOf=${asOf}`)).status).toBe(status);
  });

  it('reads a moment in any zone', async () => {
    expect((await balance('?asOf=2040-02-01T01:00:00%2B01:00')).ledgerBalance).toBe(100);
    expect((await balance('?asOf=2040-02-01T00:59:59.999%2B01:00')).ledgerBalance).toBe(0);
  });
});

describe('an account as it was known', () => {
  it.each([
    [day('01-01'), 1, 0, 'active'],
    [day('02-01'), 2, 100, 'active'],
    [day('03-15'), 3, 100, 'frozen'],
    [day('04-30'), 4, 100, 'active'],
    [day('05-01'), 5, 150, 'active'],
    [NOW, 8, 80, 'active'],
  ])('on %s had version %i with %i, %s', async (knownAt, version, ledgerBalance, status) => {
    expect(await account(`?knownAt=${knownAt}`)).toMatchObject({ version, ledgerBalance, status });
    expect(await balance(`?knownAt=${knownAt}`)).toMatchObject({ version, ledgerBalance, asOf: NOW, knownAt });
  });

  it.each([
    [day('02-20'), day('04-30'), 100],
    [day('02-20'), day('05-01'), 150],
    [day('02-10'), day('05-01'), 100],
    [day('06-15'), day('05-15'), 150],
    [day('06-15'), day('06-01'), 120],
  ])('as of %s, as known on %s, had %i', async (asOf, knownAt, ledgerBalance) => {
    expect(await balance(`?asOf=${asOf}&knownAt=${knownAt}`)).toMatchObject({ ledgerBalance, asOf, knownAt });
    expect((await account(`?asOf=${asOf}&knownAt=${knownAt}`)).ledgerBalance).toBe(ledgerBalance);
  });
});

describe('an account at a version', () => {
  it.each([
    [1, 0, 'active', day('01-01')],
    [2, 100, 'active', day('02-01')],
    [3, 100, 'frozen', day('03-01')],
    [5, 150, 'active', day('05-01')],
    [7, 80, 'active', day('07-01')],
  ])('%i had %i, was %s, and was changed on %s', async (version, ledgerBalance, status, updatedAt) => {
    const reply = await world.client.get(`/v1/accounts/${id}?version=${version}`);
    expect(bodyAs(accountView, reply)).toMatchObject({ version, ledgerBalance, status, updatedAt });
    expect(reply.headers.get('etag')).toBe(`"${version}"`);
    expect(await balance(`?version=${version}`)).toMatchObject({
      version,
      ledgerBalance,
      asOf: updatedAt,
      knownAt: updatedAt,
    });
  });

  it('is the account as it is now at the last version', async () => {
    expect(await account('?version=8')).toEqual(await account(''));
  });
});

describe.each(['', '/balance'])('GET /v1/accounts/{accountId}%s', (path) => {
  const get = (query: string): Promise<Reply> => world.client.get(`/v1/accounts/${id}${path}${query}`);

  it.each([
    ['asOf before the opening', '?asOf=2039-12-31T23:59:59.999Z'],
    ['knownAt before the opening', '?knownAt=2039-12-31T23:59:59.999Z'],
    ['a version that is yet to come', '?version=9'],
    ['the largest version', '?version=999999999'],
    ['asOf before the opening, known today', `?asOf=2000-01-01T00:00:00Z&knownAt=${NOW}`],
  ])('finds nothing for %s', async (_, query) => {
    expectProblem(await get(query), 'ACCOUNT_NOT_FOUND', { accountId: id });
  });

  it.each([
    ['asOf', '?asOf=2041-01-01T00:00:00.001Z'],
    ['knownAt', '?knownAt=2041-01-01T00:00:00.001Z'],
    ['the far future', '?asOf=9999-12-31T23:59:59.999Z'],
  ])('refuses to look into the future: %s', async (_, query) => {
    expectProblem(await get(query), 'EFFECTIVE_IN_FUTURE', {});
  });

  it.each([
    [`?version=1&asOf=${NOW}`, ['query version']],
    [`?version=1&knownAt=${NOW}`, ['query version']],
    ['?version=0', ['query version']],
    ['?version=-1', ['query version']],
    ['?version=01', ['query version']],
    ['?version=1.0', ['query version']],
    ['?version=1000000000', ['query version']],
    ['?version=', ['query version']],
    ['?asOf=', ['query asOf']],
    ['?asOf=2040-01-01', ['query asOf']],
    ['?asOf=2040-01-01T00:00:00', ['query asOf']],
    ['?asOf=2040-02-30T00:00:00Z', ['query asOf']],
    ['?asOf=2041-02-29T00:00:00Z', ['query asOf']],
    ['?asOf=2040-06-30T23:59:60Z', ['query asOf']],
    ['?asOf=2040-01-01T24:00:00Z', ['query asOf']],
    ['?asOf=2040-01-01T00:00:00.0001Z', ['query asOf']],
    ['?asOf=10000-01-01T00:00:00Z', ['query asOf']],
    ['?asOf=%2B010000-01-01T00:00:00Z', ['query asOf']],
    ['?asOf=1710000000000', ['query asOf']],
    ['?asOf=now', ['query asOf']],
    ['?asOf=0000-01-01T00:00:00%2B00:01', ['query asOf']],
    ['?asOf=9999-12-31T23:59:59-00:01', ['query asOf']],
    ['?asOf[$ne]=', ['query asOf[$ne]']],
    [`?asOf=${NOW}&asOf=${NOW}`, ['query asOf']],
    ['?version=1&version=1', ['query version']],
    ['?version=0&asOf=x&knownAt=y&when=z', ['query asOf', 'query knownAt', 'query version', 'query when']],
  ])('is malformed with %s', async (query, faults) => {
    expect([...faultsOf(await get(query))].sort()).toEqual(faults);
  });
});

describe('an account that was opened with a past date', () => {
  it('counts a back-dated entry that is earlier than all others', async () => {
    const early = await opened(world.client, { effectiveAt: day('01-01') });
    await world.client.post(`/v1/accounts/${early}/deposits`, eur(100, { effectiveAt: day('06-01') }));
    await world.client.post(`/v1/accounts/${early}/deposits`, eur(50, { effectiveAt: day('02-01') }));
    const reply = await world.client.get(`/v1/accounts/${early}/balance?asOf=${day('03-01')}`);
    expect(bodyAs(balanceView, reply).ledgerBalance).toBe(50);
  });

  it('begins there, whatever its first entry is dated', async () => {
    const effectiveAt = '2030-05-05T05:05:05.000Z';
    const early = await opened(world.client, { effectiveAt, overdraftLimit: 7, initialDeposit: { amount: 3 } });
    const get = (query: string) => world.client.get(`/v1/accounts/${early}/balance${query}`);
    expect(bodyAs(balanceView, await get(`?asOf=${effectiveAt}`))).toMatchObject({
      ledgerBalance: 3,
      availableBalance: 10,
    });
    expectProblem(await get('?asOf=2030-05-05T05:05:04.999Z'), 'ACCOUNT_NOT_FOUND');
    expectProblem(await get(`?knownAt=${effectiveAt}`), 'ACCOUNT_NOT_FOUND');
  });

  it('has the same balance whichever way it is asked, after many back-dated entries', async () => {
    clock.moveTo('2039-01-01T00:00:00.000Z');
    const busy = await opened(world.client, { effectiveAt: '2038-01-01T00:00:00Z' });
    const amounts = new Map([['2038-01-01T00:00:00.000Z', 1]]);
    await world.client.post(`/v1/accounts/${busy}/deposits`, eur(1, { effectiveAt: '2038-01-01T00:00:00Z' }));
    for (let n = 1; n <= 30; n += 1) {
      clock.forward(1_000);
      const effectiveAt = `2038-0${1 + ((n * 7) % 9)}-1${n % 5}T00:00:00.000Z`;
      amounts.set(effectiveAt, (amounts.get(effectiveAt) ?? 0) + n);
      const reply = await world.client.post(`/v1/accounts/${busy}/deposits`, eur(n, { effectiveAt }));
      expect(reply.status, reply.text).toBe(201);
    }
    for (const asOf of amounts.keys()) {
      const expected = [...amounts].filter(([moment]) => moment <= asOf).reduce((sum, [, amount]) => sum + amount, 0);
      const reply = await world.client.get(`/v1/accounts/${busy}/balance?asOf=${asOf}`);
      expect(bodyAs(balanceView, reply).ledgerBalance).toBe(expected);
    }
  });
});
