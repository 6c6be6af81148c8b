import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { diffView } from '../../src/http/schemas/moment-views.ts';
import { balanceView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);
const NOW = '2041-01-01T00:00:00.000Z';

type Diff = z.output<typeof diffView>;

const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

let id = '';

/*
 * v1 opened 1 January, overdraft 10 · v2 deposit 100 on 1 February · v3 withdrawal 30 on 1 March · v4 frozen 1 April · v5 unfrozen 2 April ·
 * v6 deposit 7 recorded 1 May, counting from 15 February · v7 overdraft 25 on 1 June · v8 reversal of v2 in part, 40, on 1 July
 */
beforeAll(async () => {
  const at = async (moment: string, path: string, body: Json): Promise<Json> => {
    clock.moveTo(day(moment));
    const reply = await world.client.post(path, body);
    expect(reply.status, reply.text).toBeLessThan(300);
    return reply.body;
  };
  clock.moveTo(day('01-01'));
  id = await opened(world.client, { overdraftLimit: 10 });
  const account = `/v1/accounts/${id}`;
  const { eventId } = await at('02-01', `${account}/deposits`, eur(100));
  await at('03-01', `${account}/withdrawals`, eur(30));
  await at('04-01', `${account}/freeze`, { reason: 'r' });
  await at('04-02', `${account}/unfreeze`, { reason: 'r' });
  await at('05-01', `${account}/deposits`, eur(7, { effectiveAt: day('02-15') }));
  await at('06-01', `${account}/overdraft-limit`, { overdraftLimit: 25 });
  await at('07-01', '/v1/reversals', { eventId, amount: 40, reason: 'r' });
  clock.moveTo(NOW);
});
afterEach(() => clock.moveTo(NOW));

const get = (query: string): Promise<Reply> => world.client.get(`/v1/accounts/${id}/diff?${query}`);
const diff = async (query: string): Promise<Diff> => bodyAs(diffView, await get(query));

/** Every page of a diff. */
const pages = async (query: string, between?: () => Promise<unknown>): Promise<readonly Diff[]> => {
  const all = [await diff(query)];
  for (let cursor = all[0]?.nextCursor; cursor !== undefined; cursor = all.at(-1)?.nextCursor) {
    await between?.();
    all.push(await diff(`${query}&cursor=${cursor}`));
  }
  return all;
};

const eventsOf = ({ events }: Diff) => events.map(({ version, amount, countsIn }) => [version, amount, countsIn]);
const sumOf = (all: readonly Diff[]): number =>
  all.flatMap(({ events }) => events).reduce((sum, { amount = 0 }) => sum + amount, 0);

describe('the difference between two moments of an account', () => {
  it('shows both as the account was seen, what differs, and each event with both times and a reason', async () => {
    const knownAt = day('04-30');
    const found = await diff(`from.knownAt=${knownAt}&from.asOf=${day('03-15')}&to.asOf=${day('03-15')}`);
    const { events, ...rest } = found;
    const sight = { asOf: day('03-15'), status: 'active', heldAmount: 0, overdraftLimit: 10 };
    expect(rest).toEqual({
      accountId: id,
      currency: 'EUR',
      from: { ...sight, knownAt, version: 5, ledgerBalance: 70, availableBalance: 80 },
      to: { ...sight, version: 8, ledgerBalance: 77, availableBalance: 87 },
      difference: { ledgerBalance: 7, heldAmount: 0, availableBalance: 7, overdraftLimit: 0 },
      differs: ['version', 'ledgerBalance', 'availableBalance'],
    });
    expect(events).toEqual([
      {
        eventId: expect.any(String) as string,
        version: 6,
        type: 'MoneyDeposited',
        amount: 7,
        countsIn: 'to',
        reason: 'recorded_between',
        recordedAt: day('05-01'),
        effectiveAt: day('02-15'),
      },
    ]);
  });

  it.each([
    ['nothing, now and now', '', 0, []],
    ['nothing, one version twice', 'from.version=3&to.version=3', 0, []],
    [
      'two versions',
      'from.version=1&to.version=3',
      70,
      [
        [2, 100, 'to'],
        [3, -30, 'to'],
      ],
    ],
    [
      'the same backwards',
      'from.version=3&to.version=1',
      -70,
      [
        [2, -100, 'from'],
        [3, 30, 'from'],
      ],
    ],
    [
      'from a version up to now',
      'from.version=6',
      -40,
      [
        [8, -40, 'to'],
        [7, undefined, 'to'],
      ],
    ],
    [
      'two value dates',
      `from.asOf=${day('02-01')}&to.asOf=${day('03-01')}`,
      -23,
      [
        [6, 7, 'to'],
        [3, -30, 'to'],
      ],
    ],
    [
      'two value dates, backwards',
      `from.asOf=${day('03-01')}&to.asOf=${day('02-01')}`,
      23,
      [
        [6, -7, 'from'],
        [3, 30, 'from'],
      ],
    ],
    ['a value date excluded by a millisecond', `from.asOf=${day('02-15')}&to.asOf=2040-02-29T23:59:59.999Z`, 0, []],
    [
      'two value dates as known then',
      `from.asOf=${day('02-01')}&from.knownAt=${day('04-30')}&to.asOf=${day('03-01')}&to.knownAt=${day('04-30')}`,
      -30,
      [[3, -30, 'to']],
    ],
    [
      'both axes, crossing: known later, dated earlier',
      `from.asOf=${day('03-01')}&from.knownAt=${day('04-30')}&to.asOf=${day('02-20')}`,
      37,
      [
        [3, 30, 'from'],
        [6, 7, 'to'],
      ],
    ],
    [
      'a freeze and its end, which left nothing behind',
      `from.knownAt=${day('03-15')}&to.knownAt=${day('04-15')}`,
      0,
      [
        [4, undefined, 'to'],
        [5, undefined, 'to'],
      ],
    ],
    ['the limit by value date', `from.asOf=${day('05-15')}&to.asOf=${day('06-01')}`, 0, [[7, undefined, 'to']]],
  ])('%s', async (_, query, ledgerBalance, events) => {
    const found = await diff(query);
    expect(found.difference.ledgerBalance).toBe(ledgerBalance);
    expect(found.to.ledgerBalance - found.from.ledgerBalance).toBe(ledgerBalance);
    expect(eventsOf(found)).toEqual(events);
    expect(found.nextCursor).toBeUndefined();
  });

  it('sees at each end what the balance there is', async () => {
    for (const moment of [`asOf=${day('02-20')}`, `knownAt=${day('03-02')}`, 'version=4', `asOf=${day('04-01')}`]) {
      const [name = '', value = ''] = moment.split('=');
      const reply = await world.client.get(`/v1/accounts/${id}/balance?${moment}`);
      const { ledgerBalance, availableBalance, version } = bodyAs(balanceView, reply);
      const found = await diff(`from.${name}=${value}`);
      expect(found.from).toMatchObject({ ledgerBalance, availableBalance, version });
      expect(sumOf([found])).toBe(30 + 7 - ledgerBalance);
    }
  });
});

describe('the pages of a difference', () => {
  const query = `from.asOf=${day('02-01')}&from.knownAt=${day('04-30')}`;

  it.each([1, 2, 3, 200])('of %i events show every event once, and sum up', async (limit) => {
    const all = await pages(`${query}&limit=${limit}`);
    const whole = await diff(query);
    expect(all.flatMap(eventsOf)).toEqual(eventsOf(whole));
    expect(sumOf(all)).toBe(whole.difference.ledgerBalance);
    for (const { from, to } of all) expect([from, to]).toEqual([whole.from, whole.to]);
    expect(all.at(-1)?.events.length).toBeGreaterThan(0);
  });

  it('leave out what is recorded while they are read', async () => {
    const busy = await opened(world.client);
    const deposit = async (): Promise<void> => {
      clock.forward(1);
      await world.client.post(`/v1/accounts/${busy}/deposits`, eur(10));
    };
    for (let count = 0; count < 4; count += 1) await deposit();
    const here = id;
    id = busy;
    const all = await pages('from.version=1&limit=1', deposit);
    id = here;
    expect(all.flatMap(eventsOf)).toHaveLength(4);
    for (const { to } of all) expect(to).toMatchObject({ version: 5, ledgerBalance: 40 });
  });

  it('have a cursor that fits no other difference', async () => {
    const { nextCursor = '' } = await diff(`${query}&limit=1`);
    expect(nextCursor).not.toBe('');
    for (const other of ['', 'from.version=1', `from.asOf=${day('02-01')}`, `${query}&to.version=8`]) {
      expect(faultsOf(await get(`${other}&cursor=${nextCursor}`))).toEqual(['query cursor']);
    }
  });
});

describe('a difference that there is none of', () => {
  it.each([
    ['from.asOf=2041-01-01T00:00:00.001Z', 'EFFECTIVE_IN_FUTURE'],
    ['to.knownAt=2041-01-01T00:00:00.001Z', 'EFFECTIVE_IN_FUTURE'],
    ['to.asOf=2039-12-31T23:59:59.999Z', 'ACCOUNT_NOT_FOUND'],
    ['from.knownAt=2039-12-31T23:59:59.999Z', 'ACCOUNT_NOT_FOUND'],
    ['from.version=9', 'ACCOUNT_NOT_FOUND'],
  ] as const)('%s', async (query, code) => {
    expectProblem(await get(query), code);
  });

  it.each([
    ['from=2040-01-01T00:00:00Z', ['query from']],
    ['from.asOf=yesterday&to.version=0', ['query from.asOf', 'query to.version']],
    [`from.version=1&from.asOf=${NOW}&to.version=1&to.knownAt=${NOW}`, ['query from.version', 'query to.version']],
    ['limit=0', ['query limit']],
  ])('is malformed with %s', async (query, faults) => {
    expect(faultsOf(await get(query))).toEqual(faults);
  });
});
