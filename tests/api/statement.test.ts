import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { statementView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);
const NOW = '2040-12-31T00:00:00.000Z';
const OPENED = '2040-01-01T00:00:00.000Z';

type Statement = z.output<typeof statementView>;

const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
const get = (id: string, query = '', headers = {}): Promise<Reply> =>
  world.client.get(`/v1/accounts/${id}/statement${query}`, headers);
const statement = async (id: string, query = ''): Promise<Statement> => bodyAs(statementView, await get(id, query));

/** Every page of a statement, one behind the other. */
const pages = async (id: string, query: string, between?: () => Promise<unknown>): Promise<Statement[]> => {
  const all = [await statement(id, `?${query}`)];
  for (let cursor = all[0]?.nextCursor; cursor !== undefined; cursor = all.at(-1)?.nextCursor) {
    await between?.();
    all.push(await statement(id, `?${query}&cursor=${cursor}`));
  }
  return all;
};

// Recorded on NOW, in this order: 100 on 1 February, −30 on 1 March, 5 on 1 February again, 7 on 1 April.
const account = async (): Promise<string> => {
  clock.moveTo(NOW);
  const id = await opened(world.client, { effectiveAt: OPENED });
  const book = (path: string, body: Json) => world.client.post(`/v1/accounts/${id}/${path}`, body);
  await book('deposits', eur(100, { effectiveAt: day('02-01'), reference: 'salary', source: 'employer' }));
  await book('withdrawals', eur(30, { effectiveAt: day('03-01'), destination: 'cash', transactionId: `tx-${id}` }));
  await book('deposits', eur(5, { effectiveAt: day('02-01') }));
  await book('deposits', eur(7, { effectiveAt: day('04-01') }));
  return id;
};

const linesOf = ({ entries }: Statement) =>
  entries.map(({ effectiveAt, amount, balanceAfter, version }) => [effectiveAt, amount, balanceAfter, version]);

let id = '';

beforeAll(async () => {
  id = await account();
});
afterEach(() => clock.moveTo(NOW));

describe('a statement', () => {
  it('shows all that was booked, by value date, with a running balance', async () => {
    const whole = await statement(id);
    expect(whole).toMatchObject({
      accountId: id,
      currency: 'EUR',
      from: OPENED,
      to: '2040-12-31T00:00:00.001Z',
      openingBalance: 0,
      closingBalance: 82,
    });
    expect(linesOf(whole)).toEqual([
      [day('02-01'), 100, 100, 2],
      [day('02-01'), 5, 105, 4],
      [day('03-01'), -30, 75, 3],
      [day('04-01'), 7, 82, 5],
    ]);
    expect(whole.entries[0]).toMatchObject({ type: 'MoneyDeposited', reference: 'salary', counterparty: 'employer' });
    expect(whole.entries[2]).toMatchObject({
      type: 'MoneyWithdrawn',
      counterparty: 'cash',
      transactionId: `tx-${id}`,
      recordedAt: NOW,
    });
    expect(whole.nextCursor).toBeUndefined();
  });

  it('runs backwards on request, with the same balance behind each entry', async () => {
    const whole = await statement(id);
    const backwards = await statement(id, '?order=desc');
    expect(linesOf(backwards)).toEqual(linesOf(whole).reverse());
    expect([backwards.openingBalance, backwards.closingBalance]).toEqual([0, 82]);
    const paged = await pages(id, 'order=desc&limit=1');
    expect(paged.flatMap(linesOf)).toEqual(linesOf(whole).reverse());
  });

  it.each([
    ['from is inclusive', `?from=${day('03-01')}`, [105, 82], [-30, 7]],
    ['one millisecond later is not', '?from=2040-03-01T00:00:00.001Z', [75, 82], [7]],
    ['to is exclusive', `?to=${day('03-01')}`, [0, 105], [100, 5]],
    ['one millisecond later is not', '?to=2040-03-01T00:00:00.001Z', [0, 75], [100, 5, -30]],
    ['both', `?from=${day('02-01')}&to=${day('04-01')}`, [0, 75], [100, 5, -30]],
    ['nothing between', `?from=${day('02-02')}&to=${day('02-03')}`, [105, 105], []],
    ['no time at all', `?from=${day('02-01')}&to=${day('02-01')}`, [0, 0], []],
    ['before the opening', '?from=2030-01-01T00:00:00Z&to=2031-01-01T00:00:00Z', [0, 0], []],
    ['to in the future', '?to=2999-01-01T00:00:00Z', [0, 82], [100, 5, -30, 7]],
  ])('keeps its bounds: %s', async (_, query, balances, amounts) => {
    const found = await statement(id, query);
    expect([found.openingBalance, found.closingBalance]).toEqual(balances);
    expect(found.entries.map(({ amount }) => amount)).toEqual(amounts);
    const bounds = new URLSearchParams(query);
    const given = (name: string) => new Date(bounds.get(name) ?? '').toISOString();
    if (bounds.has('from')) expect(found.from).toBe(given('from'));
    if (bounds.has('to')) expect(found.to).toBe(given('to'));
  });

  it('of an account that was never used is empty, with both balances', async () => {
    const unused = await statement(await opened(world.client));
    expect(unused).toMatchObject({ openingBalance: 0, closingBalance: 0, entries: [] });
  });

  it('shows the legs of transfers and their reversals with what they belong to', async () => {
    const [from, to] = [await opened(world.client, { initialDeposit: { amount: 10 } }), await opened(world.client)];
    const body = { fromAccountId: from, toAccountId: to, ...eur(10), reference: 'rent' };
    const transfer = (await world.client.post('/v1/transfers', body)).body;
    const { eventId } = transfer.to as Json;
    await world.client.post('/v1/reversals', { eventId, amount: 4, reason: 'too much' });
    const { transferId } = transfer;
    expect((await statement(to)).entries).toMatchObject([
      { type: 'TransferReceived', amount: 10, counterparty: from, reference: 'rent', transferId },
      { type: 'TransactionReversed', amount: -4, originalEventId: eventId, reference: 'too much', transferId },
    ]);
    expect((await statement(from)).entries.slice(1)).toMatchObject([
      { type: 'TransferSent', amount: -10, counterparty: to },
      { type: 'TransactionReversed', amount: 4 },
    ]);
  });
});

describe('the pages of a statement', () => {
  it.each([1, 2, 3, 4, 200])('of %i entries show every entry once', async (limit) => {
    const all = await pages(id, `limit=${limit}`);
    expect(all).toHaveLength(Math.ceil(4 / limit));
    expect(all.flatMap(linesOf)).toEqual(linesOf(await statement(id)));
    for (const page of all) expect([page.openingBalance, page.closingBalance]).toEqual([0, 82]);
  });

  it.each(['asc', 'desc'])('leave out what is booked while they are read, %s', async (order) => {
    const busy = await account();
    const before = linesOf(await statement(busy, `?order=${order}`));
    const all = await pages(busy, `order=${order}&limit=1`, async () => {
      clock.forward(5);
      for (const effectiveAt of [day('01-15'), day('02-01'), day('03-15'), undefined]) {
        const body = eur(1_000, { ...(effectiveAt !== undefined && { effectiveAt }) });
        expect((await world.client.post(`/v1/accounts/${busy}/deposits`, body)).status).toBe(201);
      }
    });
    expect(all.flatMap(linesOf)).toEqual(before);
    expect(new Set(all.map(({ from, to }) => `${from} ${to}`)).size).toBe(1);
    for (const page of all) expect([page.openingBalance, page.closingBalance]).toEqual([0, 82]);
    expect((await statement(busy)).closingBalance).toBe(82 + 3 * 4 * 1_000);
  });

  it('have a cursor that fits no other statement', async () => {
    const other = await account();
    const bounds = `from=${day('02-01')}&to=${day('04-01')}`;
    const { nextCursor } = await statement(id, `?limit=1&${bounds}`);
    const cursor = nextCursor ?? '';
    expect((await get(id, `?cursor=${cursor}&limit=2&${bounds}`)).status).toBe(200);
    for (const [account, query] of [
      [other, `?cursor=${cursor}&${bounds}`],
      [id, `?cursor=${cursor}`],
      [id, `?cursor=${cursor}&${bounds}&order=desc`],
      [id, `?cursor=${cursor}&from=${day('02-02')}&to=${day('04-01')}`],
    ] as const) {
      expect(faultsOf(await get(account, query))).toEqual(['query cursor']);
    }
    const events = `/v1/accounts/${id}/events?cursor=${cursor}`;
    expect(faultsOf(await world.client.get(events))).toEqual(['query cursor']);
  });
});

describe('a malformed statement request', () => {
  const forged = (position: unknown): string =>
    Buffer.from(JSON.stringify([`statement ${id}   asc`, position])).toString('base64url');
  const moment = Date.parse(NOW);

  it.each([
    ['?limit=0', ['query limit']],
    ['?limit=201', ['query limit']],
    ['?limit=-1', ['query limit']],
    ['?limit=1e2', ['query limit']],
    ['?limit=', ['query limit']],
    ['?order=up', ['query order']],
    ['?sort=$where', ['query sort']],
    [`?from=${day('02-02')}&to=${day('02-01')}`, ['query to']],
    ['?from=yesterday&to=today', ['query from', 'query to']],
    ['?cursor=', ['query cursor']],
    ['?cursor=***', ['query cursor']],
    ['?cursor=bm90IGpzb24', ['query cursor']],
    [`?cursor=${'a'.repeat(501)}`, ['query cursor']],
  ])('%s', async (query, faults) => {
    expect(faultsOf(await get(id, query))).toEqual(faults);
  });

  it.each([
    ['no position', null],
    ['text', ['2040', 1, 1, 'x']],
    ['too short', [moment, 1, 1]],
    ['an operator', [{ $gt: 0 }, 1, 1, moment]],
    ['a moment beyond the calendar', [Number.MAX_SAFE_INTEGER, 1, 1, moment]],
    ['an end beyond the calendar', [moment, 1, 1, Number.MAX_SAFE_INTEGER]],
    ['a moment before the calendar', [-Number.MAX_SAFE_INTEGER, 1, 1, moment]],
    ['version 0', [moment, 0, 1, moment]],
    ['half a version', [moment, 1.5, 1, moment]],
  ])('a forged cursor: %s', async (_, position) => {
    expect(faultsOf(await get(id, `?cursor=${forged(position)}`))).toEqual(['query cursor']);
  });

  it('is answered before anybody looks for the account', async () => {
    expect(faultsOf(await get('absent', '?limit=0'))).toEqual(['query limit']);
    expectProblem(await get('absent'), 'ACCOUNT_NOT_FOUND', { accountId: 'absent' });
  });
});
