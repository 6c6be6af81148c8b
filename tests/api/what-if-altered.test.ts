import { describe, expect, it } from 'vitest';
import type { Json } from '../support/api.ts';
import { whatIfView } from '../../src/http/schemas/what-if.ts';
import { bodyAs, faultsOf } from './expectations.ts';
import { opened } from './world.ts';
import { world, day, eur, id, friend, deposit, tried, command, transfer, outcomesIn } from './what-if-world.ts';

describe('history with something else in the place of an event', () => {
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
});
