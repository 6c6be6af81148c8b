import { describe, expect, it } from 'vitest';
import { reversalView, transferView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, uuidV7 } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

const balanceOf = async (id: string): Promise<unknown> =>
  (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;
const book = async (id: string, path: string, amount: number): Promise<string> => {
  const reply = await world.client.post(`/v1/accounts/${id}/${path}`, { amount, currency: 'EUR' });
  return String(reply.body.eventId);
};
const reverse = (eventId: string, rest: Json = {}): Promise<Reply> =>
  world.client.post('/v1/reversals', { eventId, reason: 'a mistake', ...rest });

type Parties = { from: string; to: string; transfer: ReturnType<typeof transferView.parse> };

const transferred = async (amount: number): Promise<Parties> => {
  const [from, to] = [await opened(world.client, { initialDeposit: { amount } }), await opened(world.client)];
  const body = { fromAccountId: from, toAccountId: to, amount, currency: 'EUR' };
  return { from, to, transfer: bodyAs(transferView, await world.client.post('/v1/transfers', body), 201) };
};

const statusOf = async ({ transfer: { transferId } }: Parties): Promise<Json> => {
  const { status, reversedAmount } = bodyAs(transferView, await world.client.get(`/v1/transfers/${transferId}`));
  return { status, reversedAmount };
};

describe('a reversal', () => {
  it('takes the whole of a deposit back, and says of what, how much and why', async () => {
    const id = await opened(world.client);
    const originalEventId = await book(id, 'deposits', 120);
    const reply = await reverse(originalEventId);
    const { eventId, recordedAt, effectiveAt, ...rest } = bodyAs(reversalView, reply, 201);
    expect(rest).toEqual({
      type: 'TransactionReversed',
      accountId: id,
      amount: 120,
      currency: 'EUR',
      ledgerBalance: 0,
      availableBalance: 0,
      version: 3,
      originalEventId,
      originalAmount: 120,
      reversedTotal: 120,
      reason: 'a mistake',
    });
    expect(eventId).toMatch(uuidV7);
    expect(effectiveAt).toBe(recordedAt);
    expect(reply.headers.get('etag')).toBe('"3"');
  });

  it('of a withdrawal brings the money back', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 50 } });
    const reply = await reverse(await book(id, 'withdrawals', 50));
    expect(bodyAs(reversalView, reply, 201).ledgerBalance).toBe(50);
  });

  it('takes parts back, never more in sum than the original, and the rest where no amount is given', async () => {
    const id = await opened(world.client);
    const eventId = await book(id, 'deposits', 100);
    expect(bodyAs(reversalView, await reverse(eventId, { amount: 30 }), 201).reversedTotal).toBe(30);
    expectProblem(await reverse(eventId, { amount: 71 }), 'REVERSAL_EXCEEDS_ORIGINAL', { eventId, remaining: '70' });
    expect(bodyAs(reversalView, await reverse(eventId, { amount: 20 }), 201).reversedTotal).toBe(50);
    expect(bodyAs(reversalView, await reverse(eventId), 201)).toMatchObject({ amount: 50, reversedTotal: 100 });
    for (const body of [{}, { amount: 1 }]) {
      expectProblem(await reverse(eventId, body), 'REVERSAL_EXCEEDS_ORIGINAL', { eventId, remaining: '0' });
    }
    expect(await balanceOf(id)).toBe(0);
  });

  it('cannot be reversed, nor can an opening or a freeze', async () => {
    const id = await opened(world.client);
    const deposit = await book(id, 'deposits', 1);
    await reverse(deposit);
    await world.client.post(`/v1/accounts/${id}/freeze`, { reason: 'r' });
    const { events } = (await world.client.get(`/v1/accounts/${id}/events`)).body as { events: Json[] };
    for (const { eventId } of events.filter(({ type }) => type !== 'MoneyDeposited')) {
      expect(expectProblem(await reverse(String(eventId)), 'NOT_REVERSIBLE')).toMatchObject({ eventId });
    }
    expect(events.map(({ type }) => type)).toContain('TransactionReversed');
  });

  it('that is refused says which kind of event was named', async () => {
    const id = await opened(world.client);
    const { events } = (await world.client.get(`/v1/accounts/${id}/events`)).body as { events: Json[] };
    const problem = expectProblem(await reverse(String(events[0]?.eventId)), 'NOT_REVERSIBLE');
    expect(Object.values(problem)).toContain('AccountOpened');
  });

  it('names an event in any case of its letters', async () => {
    const id = await opened(world.client);
    const eventId = await book(id, 'deposits', 9);
    expect(bodyAs(reversalView, await reverse(eventId.toUpperCase()), 201).originalEventId).toBe(eventId);
  });

  it('of a deposit happens once, also when sixteen ask at the same moment', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 1_000 } });
    const eventId = await book(id, 'deposits', 100);
    const replies = await Promise.all(Array.from({ length: 16 }, () => reverse(eventId)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ body }) => body.code === 'REVERSAL_EXCEEDS_ORIGINAL')).toHaveLength(15);
    expect(await balanceOf(id)).toBe(1_000);
  });

  it('in parts at the same moment never passes the original', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 1_000 } });
    const eventId = await book(id, 'deposits', 100);
    const replies = await Promise.all(Array.from({ length: 10 }, () => reverse(eventId, { amount: 30 })));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(await balanceOf(id)).toBe(1_010);
  });
});

describe('the reversal of a transfer', () => {
  it('undoes both legs, named by the debit: completed, partially reversed, reversed', async () => {
    const parties = await transferred(100);
    const { from, to, transfer } = parties;
    expect(await statusOf(parties)).toEqual({ status: 'completed', reversedAmount: 0 });
    const part = bodyAs(reversalView, await reverse(transfer.from.eventId, { amount: 40 }), 201);
    expect(part).toMatchObject({
      accountId: from,
      ledgerBalance: 40,
      originalAmount: 100,
      reversedTotal: 40,
      transferId: transfer.transferId,
      counterpart: { accountId: to },
    });
    expect(await statusOf(parties)).toEqual({ status: 'partially_reversed', reversedAmount: 40 });
    await reverse(transfer.from.eventId);
    expect(await statusOf(parties)).toEqual({ status: 'reversed', reversedAmount: 100 });
    expect([await balanceOf(from), await balanceOf(to)]).toEqual([100, 0]);
  });

  it('may be named by the credit as well, and both names share one sum', async () => {
    const parties = await transferred(100);
    const { from, to, transfer } = parties;
    const named = bodyAs(reversalView, await reverse(transfer.to.eventId, { amount: 60 }), 201);
    expect(named).toMatchObject({ accountId: to, ledgerBalance: 40, counterpart: { accountId: from } });
    expect(await statusOf(parties)).toEqual({ status: 'partially_reversed', reversedAmount: 60 });
    expectProblem(await reverse(transfer.from.eventId, { amount: 41 }), 'REVERSAL_EXCEEDS_ORIGINAL', {
      eventId: transfer.from.eventId,
      remaining: '40',
    });
    const rest = bodyAs(reversalView, await reverse(transfer.from.eventId), 201);
    expect(rest).toMatchObject({ accountId: from, amount: 40, reversedTotal: 100, ledgerBalance: 100 });
    expect(await statusOf(parties)).toEqual({ status: 'reversed', reversedAmount: 100 });
  });

  it('needs the money at the receiver', async () => {
    const { to, transfer } = await transferred(100);
    await book(to, 'withdrawals', 1);
    for (const { eventId } of [transfer.from, transfer.to]) {
      expectProblem(await reverse(eventId), 'INSUFFICIENT_FUNDS', { accountId: to });
    }
    expect(bodyAs(reversalView, await reverse(transfer.from.eventId, { amount: 99 }), 201).amount).toBe(99);
  });

  it('tells nothing of what the other party holds', async () => {
    const { transfer } = await transferred(100);
    const { counterpart } = bodyAs(reversalView, await reverse(transfer.from.eventId), 201);
    expect(Object.keys(counterpart ?? {}).sort()).toEqual(['accountId', 'eventId']);
  });

  it('is refused while the other party is frozen', async () => {
    const { from, transfer } = await transferred(100);
    await world.client.post(`/v1/accounts/${from}/freeze`, { reason: 'r' });
    expectProblem(await reverse(transfer.to.eventId), 'ACCOUNT_FROZEN', { accountId: from });
  });
});
