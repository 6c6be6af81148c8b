import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { commands } from '../../src/http/commands.ts';
import { explanationView, judgementView } from '../../src/http/schemas/explain.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);
const NOW = '2041-01-01T00:00:00.000Z';

type Explanation = z.output<typeof explanationView>;

const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

let id = '';

/*
 * v1 opened 1 January, overdraft 10 · v2 deposit 100 on 1 February · v3 withdrawal 30 on 1 March · v4 deposit 7 and v5 deposit 2
 * recorded 1 April, counting from 15 and from 10 February · v6 overdraft 25 on 1 May · v7 frozen 1 June
 */
beforeAll(async () => {
  const at = async (moment: string, path: string, body: Json): Promise<void> => {
    clock.moveTo(day(moment));
    const reply = await world.client.post(`/v1/accounts/${id}/${path}`, body);
    expect(reply.status, reply.text).toBeLessThan(300);
  };
  clock.moveTo(day('01-01'));
  id = await opened(world.client, { overdraftLimit: 10 });
  await at('02-01', 'deposits', eur(100));
  await at('03-01', 'withdrawals', eur(30));
  await at('04-01', 'deposits', eur(7, { effectiveAt: day('02-15') }));
  await at('04-01', 'deposits', eur(2, { effectiveAt: day('02-10') }));
  await at('05-01', 'overdraft-limit', { overdraftLimit: 25 });
  await at('06-01', 'freeze', { reason: 'r' });
  clock.moveTo(NOW);
});
afterEach(() => clock.moveTo(NOW));

const get = (query: string, account = id): Promise<Reply> =>
  world.client.get(`/v1/accounts/${account}/explain?${query}`);
const explained = async (query: string, account = id): Promise<Explanation> =>
  bodyAs(explanationView, await get(query, account));

const pages = async (query: string, account = id): Promise<readonly Explanation[]> => {
  const all = [await explained(query, account)];
  for (let cursor = all[0]?.nextCursor; cursor !== undefined; cursor = all.at(-1)?.nextCursor) {
    all.push(await explained(`${query}&cursor=${cursor}`, account));
  }
  return all;
};

const eventsOf = ({ events }: Explanation) => events.map(({ version, amount }) => [version, amount]);

/** The start and the amounts of all pages. */
const sumOf = (all: readonly Explanation[]): number =>
  all.flatMap(({ events }) => events).reduce((sum, { amount = 0 }) => sum + amount, all[0]?.start.ledgerBalance ?? 0);

describe('a balance that is explained', () => {
  it('names the rule with its terms, where it starts from, and the events behind', async () => {
    expect(await explained('')).toEqual({
      accountId: id,
      currency: 'EUR',
      account: {
        version: 7,
        status: 'frozen',
        ledgerBalance: 79,
        heldAmount: 0,
        availableBalance: 104,
        overdraftLimit: 25,
      },
      availableBalance: {
        rule: 'ledgerBalance - heldAmount + overdraftLimit',
        ledgerBalance: 79,
        heldAmount: 0,
        overdraftLimit: 25,
        termsVersion: 7,
      },
      start: { kind: 'opening', version: 0, ledgerBalance: 0 },
      events: expect.any(Array) as unknown[],
    });
    expect(eventsOf(await explained(''))).toEqual([
      [1, undefined],
      [2, 100],
      [3, -30],
      [4, 7],
      [5, 2],
      [6, undefined],
      [7, undefined],
    ]);
  });

  it.each([
    [
      `asOf=${day('02-20')}`,
      { kind: 'entry', version: 2, ledgerBalance: 100 },
      [
        [5, 2],
        [4, 7],
      ],
      109,
      2,
    ],
    [`asOf=${day('02-12')}`, { kind: 'entry', version: 2, ledgerBalance: 100 }, [[5, 2]], 102, 2],
    [`asOf=${day('03-01')}&knownAt=${day('03-31')}`, { kind: 'entry', version: 3, ledgerBalance: 70 }, [], 70, 3],
    [`asOf=${day('01-15')}`, { kind: 'opening', version: 0, ledgerBalance: 0 }, [], 0, 1],
    [
      `asOf=${day('05-15')}`,
      { kind: 'entry', version: 3, ledgerBalance: 70 },
      [
        [5, 2],
        [4, 7],
      ],
      79,
      6,
    ],
    [
      'version=3',
      { kind: 'opening', version: 0, ledgerBalance: 0 },
      [
        [1, undefined],
        [2, 100],
        [3, -30],
      ],
      70,
      3,
    ],
  ])('%s', async (query, ...expected) => {
    const [start, events, ledgerBalance, termsVersion] = expected;
    const found = await explained(query);
    expect(found).toMatchObject({ start, account: { ledgerBalance }, availableBalance: { termsVersion } });
    expect(eventsOf(found)).toEqual(events);
    expect(sumOf([found])).toBe(ledgerBalance);
    const paged = await pages(`${query}&limit=1`);
    expect(paged.flatMap(eventsOf)).toEqual(events);
  });

  it('starts from the nearest snapshot, and shows no more than what lies behind it', async () => {
    const busy = await opened(world.client);
    const batch = Array.from({ length: 130 }, (_, index) => ({
      type: 'DepositMoney',
      idempotencyKey: `${busy}-${index}`,
      accountId: busy,
      ...eur(1),
    }));
    expect((await world.client.post('/v1/batches', { mode: 'atomic', commands: batch })).status).toBe(200);
    await expect
      .poll(async () => (await explained('', busy)).start)
      .toEqual({ kind: 'snapshot', version: 100, ledgerBalance: 99 });
    const all = await pages('limit=20', busy);
    expect(all.map(({ events }) => events.length)).toEqual([20, 11]);
    expect(sumOf(all)).toBe(130);
  });

  it('is refused as the balance is', async () => {
    expectProblem(await get('asOf=2041-01-01T00:00:00.001Z'), 'EFFECTIVE_IN_FUTURE');
    expectProblem(await get(`asOf=2039-12-31T23:59:59.999Z`), 'ACCOUNT_NOT_FOUND');
    expectProblem(await get('version=8'), 'ACCOUNT_NOT_FOUND');
    expect(faultsOf(await get(`version=1&asOf=${NOW}`))).toEqual(['query version']);
    const { nextCursor = '' } = await explained('limit=1');
    expect(faultsOf(await get(`version=7&cursor=${nextCursor}`))).toEqual(['query cursor']);
  });
});

const accountOf = ({ type }: Json): Json => (type === 'ReverseTransaction' ? {} : { accountId: id });

/** The command is about the account of these tests, where it names none. */
const judge = ({ command, ...known }: Json): Promise<Reply> =>
  world.client.send('POST', `/v1/accounts/${id}/explain`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...known, command: { ...accountOf(command as Json), ...(command as Json) } }),
  });
const judged = async (body: Json) => bodyAs(judgementView, await judge(body));
const withdrawal = (amount: number, rest: Json = {}): Json => ({
  type: 'WithdrawMoney',
  ...eur(amount, rest),
});

describe('a command that is explained', () => {
  it('is accepted by every rule, with the numbers they looked at', async () => {
    const answer = await judged({ command: withdrawal(80), knownAt: day('03-15') });
    expect(answer).toMatchObject({ accountId: id, decidedAt: day('03-15'), verdict: 'accepted' });
    expect(answer.rules.map(({ code }) => code)).toEqual(commands.WithdrawMoney.rejects.slice(1));
    expect(new Set(answer.rules.map(({ verdict }) => verdict))).toEqual(new Set(['passed']));
    expect(answer.numbers).toMatchObject({
      amount: 80,
      openedAt: day('01-01'),
      account: { version: 3, status: 'active', ledgerBalance: 70, availableBalance: 80, overdraftLimit: 10 },
      largestBalance: 2 ** 53 - 1,
    });
    expect(answer.result).toMatchObject({ status: 201, account: { ledgerBalance: -10, availableBalance: 0 } });
  });

  it.each([
    ['the balance then', { command: withdrawal(81), knownAt: day('03-15') }, 'INSUFFICIENT_FUNDS'],
    ['the status now', { command: withdrawal(1) }, 'ACCOUNT_FROZEN'],
    [
      'the value date',
      { command: withdrawal(1, { effectiveAt: '2039-01-01T00:00:00Z' }), version: 3 },
      'EFFECTIVE_BEFORE_OPENING',
    ],
    [
      'what was then the future',
      { command: withdrawal(1, { effectiveAt: day('03-02') }), version: 3 },
      'EFFECTIVE_IN_FUTURE',
    ],
    ['the currency', { command: { ...withdrawal(1), currency: 'USD' }, version: 3 }, 'CURRENCY_MISMATCH'],
    ['the version', { command: withdrawal(1, { ifMatch: '"2"' }), version: 3 }, 'VERSION_MISMATCH'],
  ])('is rejected by one rule: %s', async (_, body, code) => {
    const answer = await judged(body);
    expect([answer.verdict, answer.code]).toEqual(['rejected', code]);
    const place = answer.rules.findIndex((rule) => rule.code === code);
    expect(answer.rules.map(({ verdict }) => verdict)).toEqual(
      answer.rules.map((_rule, index) => (index < place ? 'passed' : index === place ? 'rejected' : 'not_reached')),
    );
    expect(answer.result).toMatchObject({ problem: { code } });
  });

  it('says of a reversal that there was nothing to reverse', async () => {
    const command = { type: 'ReverseTransaction', eventId: '01890000-0000-7000-8000-000000000000', reason: 'r' };
    const answer = await judged({ command });
    expect(answer).toMatchObject({
      verdict: 'rejected',
      code: 'EVENT_NOT_FOUND',
      rules: [{ verdict: 'rejected' }, { verdict: 'not_reached' }, {}, {}, {}, {}, {}, {}],
    });
  });

  it('is about this account, at a moment that there was', async () => {
    expect(faultsOf(await judge({ command: { ...withdrawal(1), accountId: 'other' } }))).toEqual(['body /command']);
    expect(faultsOf(await judge({ command: withdrawal(1), asOf: NOW }))).toEqual(['body /asOf']);
    expectProblem(await judge({ command: withdrawal(1), version: 8 }), 'ACCOUNT_NOT_FOUND');
    expectProblem(await judge({ command: withdrawal(1), knownAt: '2041-01-01T00:00:00.001Z' }), 'EFFECTIVE_IN_FUTURE');
  });
});
