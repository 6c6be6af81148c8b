import { describe, expect, it } from 'vitest';
import { statementView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);

const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
const justBefore = (time: unknown): string => new Date(Date.parse(String(time)) - 1).toISOString();
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
const get = (id: string, query: string, headers = {}): Promise<Reply> =>
  world.client.get(`/v1/accounts/${id}/statement?${query}`, headers);
const post = async (path: string, body: Json): Promise<Json> => {
  const reply = await world.client.post(path, body);
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply.body;
};

/** Every page of a statement as its bytes, one behind the other. */
const pagesOf = async (id: string, query: string, type: string): Promise<readonly string[]> => {
  const pages: string[] = [];
  for (let next = query; ;) {
    const reply = await get(id, next, { Accept: type });
    expect(reply.status, reply.text).toBe(200);
    pages.push(reply.text);
    const [, link] = /\?(.*)>; rel="next"/.exec(reply.headers.get('link') ?? '') ?? [];
    if (link === undefined) return pages;
    next = link;
  }
};

/** An account with a few entries, some of one moment and some dated back, issued on 1 May. */
const account = async (): Promise<{ readonly id: string; readonly first: string }> => {
  clock.moveTo(day('01-01'));
  const id = await opened(world.client, { overdraftLimit: 50 });
  const book = (path: string, body: Json) => post(`/v1/accounts/${id}/${path}`, body);
  clock.moveTo(day('02-01'));
  const { eventId } = await book('deposits', eur(100, { reference: '=1+1' }));
  await book('deposits', eur(20));
  clock.moveTo(day('03-01'));
  await book('withdrawals', eur(30, { effectiveAt: day('02-01') }));
  clock.moveTo(day('04-01'));
  await book('deposits', eur(7, { effectiveAt: day('01-15') }));
  clock.moveTo(day('05-01'));
  return { id, first: String(eventId) };
};

/** Everything that may happen to an account whose statement was issued. */
const goOn = async ({ id, first }: { readonly id: string; readonly first: string }): Promise<void> => {
  clock.forward(1);
  for (const effectiveAt of [day('01-02'), day('02-01'), day('02-15'), day('05-01'), undefined]) {
    await post(`/v1/accounts/${id}/deposits`, eur(1_000, { ...(effectiveAt !== undefined && { effectiveAt }) }));
  }
  clock.forward(1);
  await post('/v1/reversals', { eventId: first, amount: 40, reason: 'a mistake' });
  await post(`/v1/accounts/${id}/freeze`, { reason: 'a dispute' });
  clock.forward(86_400_000);
  await post(`/v1/accounts/${id}/unfreeze`, { reason: 'settled' });
  await post('/v1/reversals', { eventId: first, reason: 'all of it' });
};

const queries = [
  'limit=200',
  'limit=2',
  'limit=1&order=desc',
  `limit=1&from=${day('02-01')}`,
  `limit=2&to=${day('04-01')}`,
  `limit=2&from=${day('01-15')}&to=${day('02-02')}&order=desc`,
  `limit=1&from=${day('02-02')}&to=${day('02-03')}`,
];

describe.each(['application/json', 'text/csv'])('a statement as it was known, as %s', (type) => {
  it.each(queries)('has the bytes of every page that was issued then: %s', async (query) => {
    const busy = await account();
    const issued = await pagesOf(busy.id, query, type);
    await goOn(busy);
    expect(await pagesOf(busy.id, query, type)).not.toEqual(issued);
    expect(await pagesOf(busy.id, `${query}&knownAt=${day('05-01')}`, type)).toEqual(issued);
  });
});

describe('a statement as it was known', () => {
  it('is found by the end that it names, where none was given', async () => {
    const busy = await account();
    const issued = await get(busy.id, 'limit=3');
    await goOn(busy);
    expect((await get(busy.id, `limit=3&knownAt=${justBefore(issued.body.to)}`)).text).toBe(issued.text);
    const { version, to } = bodyAs(statementView, issued);
    const bounded = await get(busy.id, `limit=200&version=${version}&to=${to}`);
    expect(bodyAs(statementView, bounded)).toMatchObject({ version, closingBalance: 97 });
  });

  it('tells events of one millisecond apart by the version', async () => {
    const { id } = await account();
    const closing = async (query: string) => bodyAs(statementView, await get(id, query)).closingBalance;
    expect(await Promise.all([2, 3, 4, 5].map((version) => closing(`version=${version}`)))).toEqual([100, 120, 90, 97]);
    expect(await closing(`knownAt=${day('02-01')}`)).toBe(120);
    expect(await closing(`knownAt=${justBefore(day('02-01'))}`)).toBe(0);
  });

  it('goes on with a cursor of the statement that was issued then', async () => {
    const busy = await account();
    const first = bodyAs(statementView, await get(busy.id, 'limit=2'));
    const second = await get(busy.id, `limit=2&cursor=${first.nextCursor ?? ''}`);
    await goOn(busy);
    const asKnown = `limit=2&knownAt=${day('05-01')}&cursor=${first.nextCursor ?? ''}`;
    expect((await get(busy.id, asKnown)).text).toBe(second.text);
    expect((await get(busy.id, `limit=2&cursor=${first.nextCursor ?? ''}`)).text).toBe(second.text);
  });

  it('never mixes what was known at two moments', async () => {
    const busy = await account();
    const { nextCursor = '' } = bodyAs(statementView, await get(busy.id, `limit=2&knownAt=${day('04-01')}`));
    const other = bodyAs(statementView, await get(busy.id, `limit=2&knownAt=${day('02-01')}&cursor=${nextCursor}`));
    expect(other).toMatchObject({ version: 3, closingBalance: 120, to: '2040-02-01T00:00:00.001Z' });
  });

  it('refuses moments at which there was none', async () => {
    const { id } = await account();
    expectProblem(await get(id, 'knownAt=2040-05-01T00:00:00.001Z'), 'EFFECTIVE_IN_FUTURE', {});
    expectProblem(await get('absent', 'knownAt=2999-05-01T00:00:00.001Z'), 'EFFECTIVE_IN_FUTURE', {});
    expectProblem(await get(id, `knownAt=${justBefore(day('01-01'))}`), 'ACCOUNT_NOT_FOUND', { accountId: id });
    expectProblem(await get(id, 'version=6'), 'ACCOUNT_NOT_FOUND', { accountId: id });
  });

  it.each([
    ['version=0', ['query version']],
    ['knownAt=now', ['query knownAt']],
    ['asOf=2040-01-01T00:00:00Z', ['query asOf']],
    ['version=1&knownAt=2040-01-01T00:00:00Z', ['query version']],
  ])('is malformed with %s', async (query, faults) => {
    expect(faultsOf(await get('absent', query))).toEqual(faults);
  });
});
