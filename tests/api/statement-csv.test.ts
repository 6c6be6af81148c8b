import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { statementView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

type Row = Record<string, string>;

const columns =
  'effectiveAt,recordedAt,type,amount,currency,balanceAfter,reference,counterparty,transactionId,transferId,originalEventId,eventId,version';
const CSV = { Accept: 'text/csv' };

const book = async (id: string, path: string, body: Json): Promise<void> => {
  const reply = await world.client.post(`/v1/accounts/${id}/${path}`, { currency: 'EUR', ...body });
  expect(reply.status, reply.text).toBe(201);
};
const get = (id: string, query = '', headers: Record<string, string> = CSV): Promise<Reply> =>
  world.client.get(`/v1/accounts/${id}/statement${query}`, headers);
const rowsOf = (reply: Reply): Row[] => {
  expect(reply.status, reply.text).toBe(200);
  expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(reply.text.split('\r\n')[0]).toBe(columns);
  return parse(reply.text, { columns: true, record_delimiter: '\r\n' });
};
const nextOf = (reply: Reply): string | undefined =>
  /^<(\/[^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1];

describe('a statement as CSV', () => {
  it('has the entries of the JSON, between a row for the opening and one for the closing balance', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 100 } });
    await book(id, 'withdrawals', { amount: 30, reference: 'rent, "May"', destination: 'Müller & Söhne' });
    const statement = bodyAs(statementView, await get(id, '', {}));
    const [head, ...rows] = rowsOf(await get(id, `?to=${statement.to}`));
    const foot = rows.pop();
    expect(head).toMatchObject({ type: 'OpeningBalance', effectiveAt: statement.from, balanceAfter: '0', amount: '' });
    expect(foot).toMatchObject({ type: 'ClosingBalance', effectiveAt: statement.to, balanceAfter: '70', amount: '' });
    const asText = statement.entries.map((entry) => {
      const filled: Json = { reference: '', counterparty: '', transactionId: '', transferId: '', originalEventId: '' };
      const members = Object.entries({ ...filled, currency: 'EUR', ...entry });
      return Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
    });
    expect(rows).toEqual(asText);
    expect(rows[1]).toMatchObject({ amount: '-30', reference: 'rent, "May"', counterparty: 'Müller & Söhne' });
  });

  it('has both balances also where nothing was booked', async () => {
    const rows = rowsOf(await get(await opened(world.client)));
    expect(rows.map(({ type, balanceAfter }) => [type, balanceAfter])).toEqual([
      ['OpeningBalance', '0'],
      ['ClosingBalance', '0'],
    ]);
  });

  it('starts with the closing balance where it runs backwards', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 5 } });
    const rows = rowsOf(await get(id, '?order=desc'));
    expect(rows.map(({ type, balanceAfter }) => [type, balanceAfter])).toEqual([
      ['ClosingBalance', '5'],
      ['MoneyDeposited', '5'],
      ['OpeningBalance', '0'],
    ]);
  });

  it('lets no spreadsheet run what somebody wrote, and leaves numbers numbers', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 1_000 }, overdraftLimit: 1_000 });
    const formulas = ['=1+1', '@x', '+49 170', '-2+3', '=HYPERLINK("http://evil","x")', '＝1'];
    for (const formula of formulas) {
      await book(id, 'withdrawals', { amount: 300, reference: formula, destination: formula });
    }
    await book(id, 'deposits', { amount: 1, reference: 'a=1', source: "it's" });
    const rows = rowsOf(await get(id));
    const written = rows.filter(({ type }) => type === 'MoneyWithdrawn');
    expect(written.map(({ reference }) => reference)).toEqual(formulas.map((formula) => `'${formula}`));
    for (const { reference, counterparty, amount, balanceAfter } of written) {
      expect(counterparty).toBe(reference);
      expect(amount).toBe('-300');
      expect(balanceAfter).toMatch(/^-?\d+$/);
    }
    expect(written.some(({ balanceAfter }) => balanceAfter?.startsWith('-'))).toBe(true);
    expect(rows.at(-2)).toMatchObject({ reference: 'a=1', counterparty: "it's" });
    const { entries } = bodyAs(statementView, await get(id, '', {}));
    expect(entries[1]?.reference).toBe('=1+1');
  });

  it('links to its next page, until all entries were shown once', async () => {
    const id = await opened(world.client, { effectiveAt: '2020-01-01T00:00:00Z' });
    for (let amount = 1; amount <= 5; amount += 1) {
      await book(id, 'deposits', { amount, effectiveAt: `2020-02-0${amount}T00:00:00+01:00` });
    }
    const query = '?limit=2&from=2020-01-31T00%3A00%3A00%2B01%3A00';
    let reply = await get(id, query);
    const all = rowsOf(reply);
    for (let next = nextOf(reply); next !== undefined; next = nextOf(reply)) {
      expect(next.startsWith(`/v1/accounts/${id}/statement?`)).toBe(true);
      reply = await world.client.get(next, CSV);
      all.push(...rowsOf(reply));
    }
    expect(all.map(({ type, amount }) => (amount === '' ? type : amount))).toEqual([
      'OpeningBalance',
      ...['1', '2', '3', '4', '5'],
      'ClosingBalance',
    ]);
    expect(reply.headers.get('link')).toBeNull();
  });
});

describe('the Accept header of a statement', () => {
  const json = 'application/json; charset=utf-8';
  const csv = 'text/csv; charset=utf-8';

  it.each([
    ['*/*', json],
    ['application/json', json],
    ['application/*', json],
    ['text/csv', csv],
    ['text/*', csv],
    ['TEXT/CSV', csv],
    ['text/csv;q=0.9, application/json;q=0.8', csv],
    ['text/csv;q=0.8, application/json;q=0.9', json],
    ['text/csv, application/json;q=0', csv],
    ['text/html, text/csv;q=0.1', csv],
    ['image/png, */*;q=0.01', json],
    ['text/csv, application/json', csv],
  ])('%s gives %s', async (accept, type) => {
    const reply = await get(await opened(world.client), '', { Accept: accept });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
    expect(reply.headers.get('vary')).toContain('Accept');
  });

  it.each(['image/png', 'text/html', 'text/csv;q=0', 'application/json;q=0, text/csv;q=0', 'nonsense'])(
    '%s cannot be had',
    async (accept) => {
      expectProblem(await get(await opened(world.client), '', { Accept: accept }), 'NOT_ACCEPTABLE', {});
    },
  );

  it('changes nothing about problems', async () => {
    expectProblem(await get('absent'), 'ACCOUNT_NOT_FOUND', { accountId: 'absent' });
  });
});
