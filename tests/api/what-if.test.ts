import { describe, expect, it } from 'vitest';
import type { Json } from '../support/api.ts';
import { whatIfView } from '../../src/http/schemas/what-if.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { opened } from './world.ts';
import {
  world,
  NOW,
  day,
  eur,
  id,
  friend,
  deposit,
  withdrawal,
  freeze,
  post,
  tried,
  command,
  transfer,
  outcomesIn,
} from './what-if-world.ts';

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
