import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Reply } from '../support/api.ts';
import { whatIfView } from '../../src/http/schemas/what-if.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);
const NOW = '2041-01-01T00:00:00.000Z';

const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

const at = async (moment: string, path: string, body: Json): Promise<Json> => {
  clock.moveTo(day(moment));
  const reply = await world.client.post(path, body);
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply.body;
};

let id = '';
let friend = '';
let deposit = '';
let withdrawal = '';
let freeze = '';

/*
 * v1 opened 1 January, overdraft 10 · v2 deposit 100 on 1 February (tx-salary) · v3 withdrawal 30 on 1 March · v4 transfer of 20 to
 * the friend on 1 April · v5 reversal of v2 in part, 40, on 1 May · v6 frozen 1 June · v7 unfrozen 1 July
 */
beforeAll(async () => {
  clock.moveTo(day('01-01'));
  id = await opened(world.client, { overdraftLimit: 10 });
  friend = await opened(world.client);
  const account = `/v1/accounts/${id}`;
  deposit = String((await at('02-01', `${account}/deposits`, eur(100, { transactionId: `salary-${id}` }))).eventId);
  withdrawal = String((await at('03-01', `${account}/withdrawals`, eur(30))).eventId);
  await at('04-01', '/v1/transfers', { transferId: `gift-${id}`, fromAccountId: id, toAccountId: friend, ...eur(20) });
  await at('05-01', '/v1/reversals', { eventId: deposit, amount: 40, reason: 'r' });
  await at('06-01', `${account}/freeze`, { reason: 'r' });
  await at('07-01', `${account}/unfreeze`, { reason: 'r' });
  const events = (await world.client.get(`${account}/events`)).body.events as Json[];
  freeze = String(events[5]?.eventId);
  clock.moveTo(NOW);
});
afterEach(() => clock.moveTo(NOW));

const post = (body: Json): Promise<Reply> =>
  world.client.send('POST', `/v1/accounts/${id}/what-if`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
const tried = async (body: Json): Promise<Json> => bodyAs(whatIfView, await post(body));

const command = (type: string, rest: Json = {}): Json => ({ type, accountId: id, ...rest });
const transfer = (amount: number, rest: Json = {}): Json => ({
  type: 'TransferMoney',
  fromAccountId: id,
  toAccountId: friend,
  ...eur(amount, rest),
});

const codesIn = (answer: Json): unknown[] =>
  (answer.results as { status: number; problem?: Json }[]).map(({ status, problem }) => problem?.code ?? status);

describe('commands that are tried', () => {
  it('are decided one behind the other, and nothing is written', async () => {
    const before = await world.client.get(`/v1/accounts/${id}/events`);
    const answer = await tried({
      commands: [
        command('WithdrawMoney', eur(21)),
        command('WithdrawMoney', eur(20)),
        command('DepositMoney', eur(5, { reference: 'tip' })),
        transfer(6),
        transfer(5),
        command('CloseAccount', { reason: 'r' }),
      ],
    });
    expect(codesIn(answer)).toEqual(['INSUFFICIENT_FUNDS', 201, 201, 'INSUFFICIENT_FUNDS', 201, 'ACCOUNT_NOT_EMPTY']);
    const sight = { status: 'active', heldAmount: 0, overdraftLimit: 10 };
    expect(answer).toMatchObject({
      accountId: id,
      currency: 'EUR',
      decidedAt: NOW,
      before: { ...sight, version: 7, ledgerBalance: 10, availableBalance: 20 },
      after: { ...sight, version: 10, ledgerBalance: -10, availableBalance: 0 },
      difference: { ledgerBalance: -20, heldAmount: 0, availableBalance: -20, overdraftLimit: 0 },
      results: [
        { account: { ledgerBalance: 10 } },
        { body: { type: 'MoneyWithdrawn', ledgerBalance: -10, version: 8 }, account: { ledgerBalance: -10 } },
        { body: { type: 'MoneyDeposited' }, account: { ledgerBalance: -5 } },
        { account: { ledgerBalance: -5 } },
        { body: { status: 'completed', to: { accountId: friend } }, account: { ledgerBalance: -10, version: 10 } },
        { account: { ledgerBalance: -10 } },
      ],
    });
    expect((await world.client.get(`/v1/accounts/${id}/events`)).text).toBe(before.text);
    expectProblem(await world.client.get('/v1/transfers/none'), 'TRANSFER_NOT_FOUND');
  });

  it('find the account as it was: balance, status, version and limit', async () => {
    const commands = [command('WithdrawMoney', eur(105)), command('DepositMoney', eur(1))];
    expect(codesIn(await tried({ commands }))).toEqual(['INSUFFICIENT_FUNDS', 201]);
    expect(codesIn(await tried({ commands, knownAt: day('02-15') }))).toEqual([201, 201]);
    expect(codesIn(await tried({ commands, version: 2 }))).toEqual([201, 201]);
    expect(codesIn(await tried({ commands, knownAt: day('06-15') }))).toEqual(['ACCOUNT_FROZEN', 'ACCOUNT_FROZEN']);
    expect(
      codesIn(await tried({ commands: [command('DepositMoney', { ...eur(1), ifMatch: '"2"' })], version: 2 })),
    ).toEqual([201]);
    expect(codesIn(await tried({ commands: [command('DepositMoney', { ...eur(1), ifMatch: '"2"' })] }))).toEqual([
      'VERSION_MISMATCH',
    ]);
  });

  it('know what had been used by then, and nothing later', async () => {
    const commands = [
      command('DepositMoney', eur(1, { transactionId: `salary-${id}` })),
      { ...transfer(1), transferId: `gift-${id}` },
      { type: 'ReverseTransaction', eventId: deposit, reason: 'r', amount: 61 },
      command('DepositMoney', eur(1, { effectiveAt: day('04-15') })),
    ];
    expect(codesIn(await tried({ commands }))).toEqual([
      'TRANSACTION_ALREADY_RECORDED',
      'TRANSFER_ALREADY_EXISTS',
      'REVERSAL_EXCEEDS_ORIGINAL',
      201,
    ]);
    expect(codesIn(await tried({ commands, knownAt: day('03-15') }))).toEqual([
      'TRANSACTION_ALREADY_RECORDED',
      201,
      201,
      'EFFECTIVE_IN_FUTURE',
    ]);
    expect(codesIn(await tried({ commands, knownAt: day('01-15') }))).toEqual([
      201,
      201,
      'EVENT_NOT_FOUND',
      'EFFECTIVE_IN_FUTURE',
    ]);
  });

  it('use up among themselves what they use', async () => {
    const commands = [
      command('DepositMoney', eur(1, { transactionId: 'once', idempotencyKey: 'k' })),
      command('DepositMoney', eur(1, { transactionId: 'once', idempotencyKey: 'k' })),
    ];
    expect(codesIn(await tried({ commands }))).toEqual([201, 'TRANSACTION_ALREADY_RECORDED']);
  });

  it('must be about the account, and not too many', async () => {
    const other = command('DepositMoney', { ...eur(1), accountId: friend });
    expect(faultsOf(await post({ commands: [command('DepositMoney', eur(1)), other] }))).toEqual(['body /commands/1']);
    const many = Array.from({ length: 101 }, () => command('DepositMoney', eur(1)));
    expect(faultsOf(await post({ commands: many }))).toContain('body /commands');
    expect(codesIn(await tried({ commands: many.slice(1) }))).toHaveLength(100);
  });
});

type Altered = {
  readonly events: readonly { readonly version: number; readonly outcome: string; readonly problem?: Json }[];
};

const outcomesIn = (answer: Json): unknown[] =>
  (answer as unknown as Altered).events.map(({ version, outcome, problem }) => [version, problem?.code ?? outcome]);

describe('history with one event altered', () => {
  it('shows what would have become of everything behind an event that is left out', async () => {
    const answer = await tried({ without: deposit });
    expect(outcomesIn(answer)).toEqual([
      [2, 'left_out'],
      [3, 'INSUFFICIENT_FUNDS'],
      [4, 'INSUFFICIENT_FUNDS'],
      [5, 'EVENT_NOT_FOUND'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    expect(answer).toMatchObject({
      accountId: id,
      real: { version: 7, ledgerBalance: 10 },
      altered: { version: 3, ledgerBalance: 0, availableBalance: 10 },
      difference: { ledgerBalance: -10, availableBalance: -10 },
    });
  });

  it('shows the balances behind each event, as they were and as they would have been', async () => {
    const { events } = (await tried({ change: { eventId: deposit, amount: 60 } })) as { events: Json[] };
    expect(
      events.map(({ outcome, amount, real, altered }) => [
        outcome,
        amount,
        (real as Json).ledgerBalance,
        (altered as Json).ledgerBalance,
      ]),
    ).toEqual([
      ['changed', 100, 100, 60],
      ['kept', -30, 70, 30],
      ['kept', -20, 50, 10],
      ['rejected', -40, 10, 10],
      ['kept', undefined, 10, 10],
      ['kept', undefined, 10, 10],
    ]);
  });

  it('stops at a moment, and follows a status that never was', async () => {
    const upToMay = await tried({ without: withdrawal, knownAt: day('05-15') });
    expect(outcomesIn(upToMay)).toEqual([
      [3, 'left_out'],
      [4, 'kept'],
      [5, 'kept'],
    ]);
    expect(upToMay).toMatchObject({ real: { ledgerBalance: 10 }, altered: { ledgerBalance: 40 } });
    expect(outcomesIn(await tried({ without: freeze }))).toEqual([
      [6, 'left_out'],
      [7, 'ACCOUNT_NOT_FROZEN'],
    ]);
  });

  it('lets the other account of a transfer say no', async () => {
    const events = (await world.client.get(`/v1/accounts/${friend}/events`)).body.events as Json[];
    const received = String(events[1]?.eventId);
    const reply = await world.client.post(`/v1/accounts/${friend}/what-if`, {
      change: { eventId: received, amount: 81 },
    });
    expect(outcomesIn(bodyAs(whatIfView, reply) as unknown as Json)).toEqual([[2, 'INSUFFICIENT_FUNDS']]);
    const less = await world.client.post(`/v1/accounts/${friend}/what-if`, {
      change: { eventId: received, amount: 80 },
    });
    expect(bodyAs(whatIfView, less)).toMatchObject({
      altered: { ledgerBalance: 80 },
      difference: { ledgerBalance: 60 },
    });
  });

  it('keeps count of what is reversed, on either side of a transfer', async () => {
    const giver = await opened(world.client, { initialDeposit: { amount: 50 } });
    const taker = await opened(world.client, { initialDeposit: { amount: 50 } });
    const body = { fromAccountId: giver, toAccountId: taker, ...eur(20) };
    const { from, to } = (await world.client.post('/v1/transfers', body)).body as Record<'from' | 'to', Json>;
    const reverse = async (amount: number): Promise<unknown> =>
      (await world.client.post('/v1/reversals', { eventId: from.eventId, amount, reason: 'r' })).body.eventId;
    const first = await reverse(15);
    await reverse(5);
    const outcomes = async (account: string, alteration: Json): Promise<unknown> => {
      const reply = await world.client.post(`/v1/accounts/${account}/what-if`, alteration);
      return outcomesIn(bodyAs(whatIfView, reply));
    };
    const tooMuch = 'REVERSAL_EXCEEDS_ORIGINAL';
    for (const [account, { eventId }] of [
      [giver, from],
      [taker, to],
    ] as const) {
      expect(await outcomes(account, { change: { eventId, amount: 17 } })).toEqual([
        [3, 'changed'],
        [4, 'kept'],
        [5, tooMuch],
      ]);
    }
    expect(await outcomes(giver, { change: { eventId: first, amount: 16 } })).toEqual([
      [4, 'changed'],
      [5, tooMuch],
    ]);
    expect(await outcomes(giver, { without: first })).toEqual([
      [4, 'left_out'],
      [5, 'kept'],
    ]);
  });

  it('moves an event to another value date, if the account was open then', async () => {
    const moved = await tried({ change: { eventId: withdrawal, effectiveAt: day('01-01') } });
    expect(outcomesIn(moved)[0]).toEqual([3, 'changed']);
    const early = await tried({ change: { eventId: withdrawal, effectiveAt: '2039-12-31T23:59:59.999Z' } });
    expect(outcomesIn(early)[0]).toEqual([3, 'EFFECTIVE_BEFORE_OPENING']);
  });

  it('changes whatever the command behind an event could have said', async () => {
    const events = (await world.client.get(`/v1/accounts/${id}/events`)).body.events as Json[];
    const [opening, , , gift, , , unfreeze] = events.map(({ eventId }) => String(eventId));
    const change = async (eventId: unknown, members: Json): Promise<Json> => tried({ change: { eventId, ...members } });
    const lower = await change(opening, { overdraftLimit: 0, ownerId: 'another' });
    expect(outcomesIn(lower)).toEqual([[1, 'changed'], ...[2, 3, 4, 5, 6, 7].map((version) => [version, 'kept'])]);
    expect(lower).toMatchObject({
      altered: { overdraftLimit: 0, availableBalance: 10 },
      difference: { overdraftLimit: -10 },
    });
    expect(outcomesIn(await change(opening, { currency: 'USD' }))).toEqual([
      [1, 'changed'],
      [2, 'CURRENCY_MISMATCH'],
      [3, 'CURRENCY_MISMATCH'],
      [4, 'CURRENCY_MISMATCH'],
      [5, 'EVENT_NOT_FOUND'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    expect(outcomesIn(await change(opening, { effectiveAt: day('02-15') }))[0]).toEqual([1, 'EFFECTIVE_IN_FUTURE']);
    expect(outcomesIn(await change(deposit, { currency: 'USD' }))[0]).toEqual([2, 'CURRENCY_MISMATCH']);
    expect(outcomesIn(await change(deposit, { source: 'work', reference: 'r', metadata: { a: 'b' } }))[0]).toEqual([
      2,
      'changed',
    ]);
    expect(outcomesIn(await change(deposit, { transactionId: 'another' }))[0]).toEqual([2, 'changed']);
    expect(outcomesIn(await change(unfreeze, { reason: 'another' }))).toEqual([[7, 'changed']]);
    expect(outcomesIn(await change(gift, { toAccountId: id }))[0]).toEqual([4, 'SAME_ACCOUNT']);
    expect(outcomesIn(await change(gift, { toAccountId: 'absent' }))[0]).toEqual([4, 'ACCOUNT_NOT_FOUND']);
    expect(outcomesIn(await change(gift, { toAccountId: id, fromAccountId: friend }))[0]).toEqual([
      4,
      'INSUFFICIENT_FUNDS',
    ]);
  });

  it('puts another command in the place of an event, decided at its moment', async () => {
    const events = (await world.client.get(`/v1/accounts/${id}/events`)).body.events as Json[];
    const eventIds = events.map(({ eventId }) => String(eventId));
    const place = (version: number, instead: Json): Promise<Json> =>
      tried({ instead: { eventId: eventIds[version - 1], command: instead } });
    expect(outcomesIn(await place(6, command('CloseAccount', { reason: 'r' })))).toEqual([
      [6, 'ACCOUNT_NOT_EMPTY'],
      [7, 'ACCOUNT_NOT_FROZEN'],
    ]);
    const emptied = await place(6, command('WithdrawMoney', eur(20)));
    expect(outcomesIn(emptied)).toEqual([
      [6, 'changed'],
      [7, 'ACCOUNT_NOT_FROZEN'],
    ]);
    expect(emptied).toMatchObject({ altered: { ledgerBalance: -10, version: 6, status: 'active' } });
    expect(outcomesIn(await place(3, command('DepositMoney', eur(1, { effectiveAt: day('03-02') }))))[0]).toEqual([
      3,
      'EFFECTIVE_IN_FUTURE',
    ]);
    // What is reversed is what was done in that place; where nothing can be reversed there, it says so.
    expect(outcomesIn(await place(2, command('WithdrawMoney', eur(5))))).toEqual([
      [2, 'changed'],
      [3, 'INSUFFICIENT_FUNDS'],
      [4, 'INSUFFICIENT_FUNDS'],
      [5, 'REVERSAL_EXCEEDS_ORIGINAL'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    expect(outcomesIn(await place(2, command('ChangeOverdraftLimit', { overdraftLimit: 100 })))).toEqual([
      [2, 'changed'],
      [3, 'kept'],
      [4, 'kept'],
      [5, 'NOT_REVERSIBLE'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    const reversal = { type: 'ReverseTransaction', eventId: deposit, reason: 'r' };
    expect(outcomesIn(await place(3, { ...reversal, amount: 70 }))).toEqual([
      [3, 'changed'],
      [4, 'kept'],
      [5, 'REVERSAL_EXCEEDS_ORIGINAL'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    expect(outcomesIn(await place(2, reversal))[0]).toEqual([2, 'EVENT_NOT_FOUND']);
    // A transfer that comes later has this id.
    expect(outcomesIn(await place(3, { ...transfer(1), transferId: `gift-${id}` }))).toEqual([
      [3, 'changed'],
      [4, 'TRANSFER_ALREADY_EXISTS'],
      [5, 'kept'],
      [6, 'kept'],
      [7, 'kept'],
    ]);
    const opening = {
      type: 'OpenAccount',
      accountId: id,
      ownerId: 'o',
      currency: 'EUR',
      initialDeposit: { amount: 7 },
    };
    expect(await place(1, opening)).toMatchObject({ altered: { ledgerBalance: 17, version: 8, overdraftLimit: 0 } });
  });

  it('knows of a transfer changed on the side of the receiver what was known then', async () => {
    const giver = await opened(world.client, { initialDeposit: { amount: 50 } });
    const taker = await opened(world.client);
    const body = { fromAccountId: giver, toAccountId: taker, ...eur(20, { transactionId: `t-${giver}` }) };
    const { to, from } = (await world.client.post('/v1/transfers', body)).body as Record<'to' | 'from', Json>;
    const on = async (account: string, alteration: Json): Promise<unknown> => {
      const reply = await world.client.post(`/v1/accounts/${account}/what-if`, alteration);
      return outcomesIn(bodyAs(whatIfView, reply));
    };
    expect(await on(taker, { change: { eventId: to.eventId, reference: 'r', amount: 50 } })).toEqual([[2, 'changed']]);
    expect(await on(giver, { change: { eventId: from.eventId, toAccountId: friend } })).toEqual([[3, 'changed']]);
    const elsewhere = { change: { eventId: to.eventId, toAccountId: friend } };
    expect(faultsOf(await world.client.post(`/v1/accounts/${taker}/what-if`, elsewhere))).toEqual(['body /change']);
  });

  it('says so where the account would never have been opened', async () => {
    const events = (await world.client.get(`/v1/accounts/${id}/events`)).body.events as Json[];
    const answer = await tried({ without: events[0]?.eventId, version: 3 });
    expect(outcomesIn(answer)).toEqual([
      [1, 'left_out'],
      [2, 'ACCOUNT_NOT_FOUND'],
      [3, 'ACCOUNT_NOT_FOUND'],
    ]);
    expect(answer).not.toHaveProperty('altered');
    expect(answer).not.toHaveProperty('difference');
  });

  it('refuses what cannot be altered', async () => {
    const events = (await world.client.get(`/v1/accounts/${id}/events`)).body.events as Json[];
    const reversal = events[4]?.eventId;
    const absent = '01890000-0000-7000-8000-000000000000';
    expectProblem(await post({ without: absent }), 'EVENT_NOT_FOUND', { eventId: absent });
    expectProblem(await post({ without: withdrawal, version: 2 }), 'EVENT_NOT_FOUND', { eventId: withdrawal });
    const details = { eventId: freeze, eventType: 'AccountFrozen', member: 'amount' };
    expectProblem(await post({ change: { eventId: freeze, amount: 1 } }), 'NOT_CHANGEABLE', details);
    expectProblem(await post({ change: { eventId: reversal, effectiveAt: day('01-01') } }), 'NOT_CHANGEABLE');
    expectProblem(await post({ change: { eventId: deposit, destination: 'x' } }), 'NOT_CHANGEABLE');
    expectProblem(await post({ without: deposit, knownAt: '2041-01-01T00:00:00.001Z' }), 'EFFECTIVE_IN_FUTURE');
    expectProblem(
      await post({ commands: [command('CloseAccount', { reason: 'r' })], version: 8 }),
      'ACCOUNT_NOT_FOUND',
    );
  });

  it('replays a thousand events, and refuses one more', async () => {
    const busy = await opened(world.client);
    const commands = Array.from({ length: 1_000 }, (_, index) => ({
      type: 'DepositMoney',
      idempotencyKey: `${busy}-${index}`,
      accountId: busy,
      ...eur(1),
    }));
    expect((await world.client.post('/v1/batches', { mode: 'atomic', commands })).status).toBe(200);
    const [, second, third] = (await world.client.get(`/v1/accounts/${busy}/events?limit=3`)).body.events as Json[];
    const ask = (eventId: unknown) => world.client.post(`/v1/accounts/${busy}/what-if`, { without: eventId });
    expect(bodyAs(whatIfView, await ask(second?.eventId))).toMatchObject({ difference: { ledgerBalance: -1 } });
    await world.client.post(`/v1/accounts/${busy}/deposits`, eur(1));
    expectProblem(await ask(second?.eventId), 'HISTORY_TOO_LONG', { events: '1001', limit: '1000' });
    expect((await ask(third?.eventId)).status).toBe(200);
  });
});

describe('a malformed what-if', () => {
  it.each([
    [{}, ['body ']],
    [{ commands: [], without: 'x' }, ['body ', 'body /commands', 'body /without']],
    [
      { without: '01890000-0000-7000-8000-000000000000', change: { eventId: '01890000-0000-7000-8000-000000000000' } },
      ['body ', 'body /change'],
    ],
    [{ change: { eventId: '01890000-0000-7000-8000-000000000000', amount: 0 } }, ['body /change/amount']],
    [
      { change: { eventId: '01890000-0000-7000-8000-000000000000', colour: 'red' } },
      ['body /change', 'body /change/colour'],
    ],
    [
      { instead: { eventId: 'x', command: { type: 'Steal' } } },
      ['body /instead/command/type', 'body /instead/eventId'],
    ],
    [{ commands: [{ type: 'Steal' }] }, ['body /commands/0/type']],
    [
      { commands: [{ type: 'DepositMoney', amount: 0 }], asOf: NOW },
      ['body /commands/0/accountId', 'body /commands/0/amount', 'body /commands/0/currency', 'body /asOf'],
    ],
    [{ without: '01890000-0000-7000-8000-000000000000', version: 1, knownAt: NOW }, ['body /version']],
  ])('%j', async (body, faults) => {
    expect(
      faultsOf(await post(body))
        .slice()
        .sort(),
    ).toEqual([...faults].sort());
  });

  it('needs a body of JSON', async () => {
    expectProblem(await world.client.send('POST', `/v1/accounts/${id}/what-if`), 'VALIDATION_FAILED');
    const headers = { 'Content-Type': 'text/plain' };
    expectProblem(
      await world.client.send('POST', `/v1/accounts/${id}/what-if`, { headers, body: '{}' }),
      'UNSUPPORTED_MEDIA_TYPE',
    );
  });
});
