import { beforeAll, describe, expect, it } from 'vitest';
import { accountsView, eventsView } from '../../src/http/schemas/views.ts';
import type { Json } from '../support/api.ts';
import { bodyAs, faultsOf } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

const list = async (query = '') => bodyAs(accountsView, await world.client.get(`/v1/accounts${query}`));
const idsOf = ({ accounts }: { accounts: readonly { accountId: string }[] }): readonly string[] =>
  accounts.map(({ accountId }) => accountId);

const allPages = async (query: string, between?: () => Promise<unknown>): Promise<(readonly string[])[]> => {
  const pages: (readonly string[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(`?${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    pages.push(idsOf(page));
    cursor = page.nextCursor;
    if (cursor !== undefined) await between?.();
  } while (cursor !== undefined);
  return pages;
};

const forged = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');

describe('the list of accounts', () => {
  const anna: string[] = [];
  const bert: string[] = [];

  beforeAll(async () => {
    // Opened in an order that is not that of the ids; upper case sorts before lower case.
    for (const [index, name] of ['m', 'B', 'z', 'a', '10', '9', 'k', 'C', 'y', '_'].entries()) {
      const accountId = name === '_' ? 'a_1' : name;
      const ownerId = index % 2 === 0 ? 'anna' : 'bert';
      await world.client.open({ accountId, ownerId, currency: index < 5 ? 'EUR' : 'JPY' });
      (ownerId === 'anna' ? anna : bert).push(accountId);
    }
    await world.client.post('/v1/accounts/m/freeze', { reason: 'r' });
    await world.client.post('/v1/accounts/z/close', { reason: 'r' });
  });

  const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();

  it('shows all accounts by id, as each of them is', async () => {
    const all = await list();
    expect(idsOf(all)).toEqual(sorted([...anna, ...bert]));
    expect(all.nextCursor).toBeUndefined();
    for (const account of all.accounts) {
      expect((await world.client.get(`/v1/accounts/${account.accountId}`)).body).toEqual(account);
    }
  });

  it('is filtered by owner, status, currency, and all of them', async () => {
    expect(idsOf(await list('?ownerId=anna'))).toEqual(sorted(anna));
    expect(idsOf(await list('?status=frozen'))).toEqual(['m']);
    expect(idsOf(await list('?status=closed'))).toEqual(['z']);
    expect(idsOf(await list('?status=active'))).toHaveLength(8);
    expect(idsOf(await list('?currency=JPY'))).toEqual(['9', 'C', 'a_1', 'k', 'y']);
    expect(idsOf(await list('?ownerId=anna&status=active&currency=EUR'))).toEqual(['10']);
    expect(await list('?ownerId=nobody')).toEqual({ accounts: [] });
    expect(await list('?currency=USD')).toEqual({ accounts: [] });
  });

  it.each([1, 2, 3, 7, 9, 10, 11, 200])('shows every account once in pages of %i', async (limit) => {
    const pages = await allPages(`limit=${limit}`);
    expect(pages.flat()).toEqual(sorted([...anna, ...bert]));
    expect(pages).toHaveLength(Math.ceil(10 / limit));
    expect((await allPages(`limit=${limit}&ownerId=bert`)).flat()).toEqual(sorted(bert));
  });

  it('keeps its order while accounts are opened and changed between pages', async () => {
    let round = 0;
    const ids = await allPages('limit=2&ownerId=anna', async () => {
      await world.client.open({ accountId: `0-early-${++round}`, ownerId: 'anna' });
      await world.client.post('/v1/accounts/10/deposits', { amount: 1, currency: 'EUR' });
    });
    expect(ids.flat()).toEqual(sorted(anna));
  });

  it('has 50 in a page where nothing else is asked for', async () => {
    await Promise.all(Array.from({ length: 201 }, () => opened(world.client, { ownerId: 'many' })));
    expect((await list('?ownerId=many')).accounts).toHaveLength(50);
    const page = await list('?ownerId=many&limit=200');
    expect(page.accounts).toHaveLength(200);
    const rest = await list(`?ownerId=many&limit=200&cursor=${page.nextCursor ?? ''}`);
    expect(rest.accounts).toHaveLength(1);
    expect(rest.nextCursor).toBeUndefined();
  });

  it('has cursors that fit no other filter', async () => {
    const { nextCursor: cursor = '' } = await list('?ownerId=bert&limit=1');
    for (const query of ['', '&ownerId=anna', '&ownerId=bert&status=active']) {
      expect(faultsOf(await world.client.get(`/v1/accounts?cursor=${cursor}${query}`))).toEqual(['query cursor']);
    }
    expect(idsOf(await list(`?limit=200&ownerId=bert&cursor=${cursor}`))).toHaveLength(4);
  });

  it.each([
    ['limit=0', ['query limit']],
    ['limit=201', ['query limit']],
    ['limit=-1', ['query limit']],
    ['limit=1e9', ['query limit']],
    ['limit=NaN', ['query limit']],
    ['limit=+5', ['query limit']],
    ['limit=05', ['query limit']],
    ['limit=', ['query limit']],
    ['limit=1&limit=2', ['query limit']],
    ['limit[$gt]=1', ['query limit[$gt]']],
    ['status=open', ['query status']],
    ['status=', ['query status']],
    ['status=active&status=closed', ['query status']],
    ['currency=eur', ['query currency']],
    ['currency=XXX', ['query currency']],
    ['ownerId=', ['query ownerId']],
    ['ownerId[$ne]=x', ['query ownerId[$ne]']],
    ['sort=$where', ['query sort']],
    ['__proto__=x', ['query __proto__']],
    ['constructor=x', ['query constructor']],
    [`cursor=${forged(['accounts {}', { $gt: '' }])}`, ['query cursor']],
    [`cursor=${forged(['accounts {}', ['a']])}`, ['query cursor']],
    [`cursor=${forged({ __proto__: 1 })}`, ['query cursor']],
    ['limit=0&status=open&currency=x&ownerId=$&page=2', [0, 1, 2, 3, 4]],
  ])('is malformed with %s', async (query, faults) => {
    const found = faultsOf(await world.client.get(`/v1/accounts?${query}`));
    if (typeof faults[0] === 'string') expect(found).toEqual(faults);
    else expect(found).toHaveLength(faults.length);
  });
});

describe('the events of an account', () => {
  let id = '';
  const get = (query = '') => world.client.get(`/v1/accounts/${id}/events${query}`);
  const events = async (query = '') => bodyAs(eventsView, await get(query));

  beforeAll(async () => {
    id = await opened(world.client);
    for (let amount = 1; amount <= 9; amount += 1) {
      await world.client.post(`/v1/accounts/${id}/deposits`, { amount, currency: 'EUR' });
    }
  });

  it.each([1, 3, 9, 10, 11, 200])('come by version, each once, in pages of %i', async (limit) => {
    const versions: number[] = [];
    let cursor = '';
    for (let page = await events(`?limit=${limit}`); ; page = await events(`?limit=${limit}&cursor=${cursor}`)) {
      versions.push(...page.events.map(({ version }) => version));
      if (page.nextCursor === undefined) break;
      expect(page.events).toHaveLength(limit);
      cursor = page.nextCursor;
    }
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('go on with what was recorded since', async () => {
    const { nextCursor = '' } = await events('?limit=9');
    await world.client.post(`/v1/accounts/${id}/deposits`, { amount: 10, currency: 'EUR' });
    const rest = await events(`?limit=9&cursor=${nextCursor}`);
    expect(rest.events.map(({ data }) => data.amount)).toEqual([9, 10]);
  });

  it.each([
    ['?limit=0', ['query limit']],
    ['?limit=201', ['query limit']],
    ['?after=1', ['query after']],
    ['?cursor=x', ['query cursor']],
  ])('are malformed with %s', async (query, faults) => {
    expect(faultsOf(await get(query))).toEqual(faults);
  });

  it('have cursors of their own account only', async () => {
    const other = await opened(world.client);
    const { nextCursor = '' } = await events('?limit=1');
    const reply = await world.client.get(`/v1/accounts/${other}/events?cursor=${nextCursor}`);
    expect(faultsOf(reply)).toEqual(['query cursor']);
    for (const position of [0, -1, 1.5, '1', null, { $gt: 0 } as Json]) {
      expect(faultsOf(await get(`?cursor=${forged([`events ${id}`, position])}`))).toEqual(['query cursor']);
    }
  });
});
