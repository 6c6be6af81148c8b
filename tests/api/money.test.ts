import { describe, expect, it } from 'vitest';
import { eventsView, receiptView, transferView } from '../../src/http/schemas/views.ts';
import { bodyAs, expectProblem, uuidV7 } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();
const balanceOf = async (id: string): Promise<unknown> =>
  (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;

describe('deposits and withdrawals', () => {
  it('answer 201 with what they did and the balances behind it', async () => {
    const id = await opened(world.client, { overdraftLimit: 50 });
    const deposit = await world.client.post(`/v1/accounts/${id}/deposits`, { amount: 300, currency: 'EUR' });
    const { eventId, recordedAt, effectiveAt, ...rest } = bodyAs(receiptView, deposit, 201);
    expect(rest).toEqual({
      type: 'MoneyDeposited',
      accountId: id,
      amount: 300,
      currency: 'EUR',
      ledgerBalance: 300,
      availableBalance: 350,
      version: 2,
    });
    expect(eventId).toMatch(uuidV7);
    expect(effectiveAt).toBe(recordedAt);
    expect(deposit.headers.get('etag')).toBe('"2"');
    const withdrawal = await world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 350, currency: 'EUR' });
    expect(bodyAs(receiptView, withdrawal, 201)).toMatchObject({
      type: 'MoneyWithdrawn',
      amount: 350,
      ledgerBalance: -50,
      availableBalance: 0,
      version: 3,
    });
    const more = await world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 1, currency: 'EUR' });
    expectProblem(more, 'INSUFFICIENT_FUNDS', { accountId: id });
    expect(await balanceOf(id)).toBe(-50);
  });

  it('keep every optional member in the event', async () => {
    const id = await opened(world.client, { effectiveAt: '2020-01-01T00:00:00Z' });
    const common = {
      amount: 7,
      currency: 'EUR',
      reference: 'Ünïcode ✓ "quoted", <b>bold</b>',
      effectiveAt: '2021-06-01T12:00:00.5-02:00',
      metadata: { order: '4711' },
    };
    const bodies = [
      ['deposits', { ...common, transactionId: `in-${id}`, source: 'DE02 1203 0000' }],
      ['withdrawals', { ...common, transactionId: `out-${id}`, destination: 'cash' }],
    ] as const;
    for (const [path, body] of bodies) {
      const receipt = bodyAs(receiptView, await world.client.post(`/v1/accounts/${id}/${path}`, body), 201);
      expect(receipt).toMatchObject({
        transactionId: body.transactionId,
        effectiveAt: '2021-06-01T14:00:00.500Z',
      });
    }
    const { events } = bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`));
    const { reference, metadata } = common;
    expect(events.slice(1).map(({ data }) => data)).toEqual([
      { amount: 7, currency: 'EUR', reference, metadata, source: 'DE02 1203 0000' },
      { amount: 7, currency: 'EUR', reference, metadata, destination: 'cash' },
    ]);
    expect(events.slice(1).map((event) => event.metadata.transactionId)).toEqual([`in-${id}`, `out-${id}`]);
  });

  it('may count as early as the opening, and not a millisecond earlier', async () => {
    const id = await opened(world.client, { effectiveAt: '2020-01-01T00:00:00Z' });
    const deposit = (effectiveAt: string) =>
      world.client.post(`/v1/accounts/${id}/deposits`, { amount: 1, currency: 'EUR', effectiveAt });
    expect((await deposit('2020-01-01T00:00:00.000Z')).status).toBe(201);
    expectProblem(await deposit('2019-12-31T23:59:59.999Z'), 'EFFECTIVE_BEFORE_OPENING', { accountId: id });
  });

  it('reject a transaction id that was used before, on any account, and name the event that used it', async () => {
    const [one, other] = [await opened(world.client), await opened(world.client)];
    const body = { amount: 5, currency: 'EUR', transactionId: `once-${one}` };
    const first = bodyAs(receiptView, await world.client.post(`/v1/accounts/${one}/deposits`, body), 201);
    const details = { transactionId: body.transactionId, eventId: first.eventId };
    for (const path of [`/v1/accounts/${one}/deposits`, `/v1/accounts/${other}/deposits`]) {
      expectProblem(await world.client.post(path, body), 'TRANSACTION_ALREADY_RECORDED', details);
    }
    const transfer = { ...body, fromAccountId: one, toAccountId: other };
    expectProblem(await world.client.post('/v1/transfers', transfer), 'TRANSACTION_ALREADY_RECORDED', details);
    expect([await balanceOf(one), await balanceOf(other)]).toEqual([5, 0]);
  });

  it('say which currency the account has', async () => {
    const id = await opened(world.client);
    expectProblem(
      await world.client.post(`/v1/accounts/${id}/deposits`, { amount: 1, currency: 'USD' }),
      'CURRENCY_MISMATCH',
      { accountId: id, accountCurrency: 'EUR', currency: 'USD' },
    );
  });
});

describe('transfers', () => {
  it('answer 201 with both legs, and the balances of the sender only', async () => {
    const [from, to] = [await opened(world.client, { initialDeposit: { amount: 900 } }), await opened(world.client)];
    const body = { fromAccountId: from, toAccountId: to, amount: 300, currency: 'EUR' };
    const reply = await world.client.post('/v1/transfers', body);
    const transfer = bodyAs(transferView, reply, 201);
    expect(transfer).toMatchObject({
      status: 'completed',
      amount: 300,
      reversedAmount: 0,
      from: { accountId: from, version: 3, ledgerBalance: 600, availableBalance: 600 },
      to: { accountId: to },
    });
    expect(transfer.transferId).toMatch(uuidV7);
    expect(Object.keys(transfer.to).sort()).toEqual(['accountId', 'eventId']);
    expect(reply.headers.get('location')).toBe(`/v1/transfers/${transfer.transferId}`);
    expect(reply.headers.get('etag')).toBe('"3"');
    expect([await balanceOf(from), await balanceOf(to)]).toEqual([600, 300]);

    const found = bodyAs(transferView, await world.client.get(`/v1/transfers/${transfer.transferId}`));
    const { ledgerBalance: _ledger, availableBalance: _available, ...leg } = transfer.from;
    expect(found).toEqual({ ...transfer, from: leg });
  });

  it('book two events that name each other', async () => {
    const [from, to] = [await opened(world.client, { initialDeposit: { amount: 10 } }), await opened(world.client)];
    const transferId = `rent-${from}`;
    const reply = await world.client.post('/v1/transfers', {
      transferId,
      fromAccountId: from,
      toAccountId: to,
      amount: 10,
      currency: 'EUR',
      transactionId: `tx-${from}`,
      reference: 'rent',
      metadata: { flat: '3' },
    });
    const transfer = bodyAs(transferView, reply, 201);
    expect(transfer).toMatchObject({ transferId, transactionId: `tx-${from}`, reference: 'rent' });
    const eventsOf = async (id: string) =>
      bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`)).events;
    const [sent, received] = [(await eventsOf(from)).at(-1), (await eventsOf(to)).at(-1)];
    const common = { transferId, amount: 10, currency: 'EUR', reference: 'rent', metadata: { flat: '3' } };
    expect(sent).toMatchObject({ type: 'TransferSent', eventId: transfer.from.eventId });
    expect(sent?.data).toEqual({ ...common, toAccountId: to, counterpartEventId: transfer.to.eventId });
    expect(received).toMatchObject({ type: 'TransferReceived', eventId: transfer.to.eventId });
    expect(received?.data).toEqual({ ...common, fromAccountId: from, counterpartEventId: transfer.from.eventId });
    expect(sent?.recordedAt).toBe(received?.recordedAt);
  });

  it('may be dated back to when both accounts were open', async () => {
    const from = await opened(world.client, { effectiveAt: '2020-01-01T00:00:00Z', initialDeposit: { amount: 10 } });
    const to = await opened(world.client, { effectiveAt: '2021-01-01T00:00:00Z' });
    const transfer = (effectiveAt: string) =>
      world.client.post('/v1/transfers', {
        fromAccountId: from,
        toAccountId: to,
        amount: 1,
        currency: 'EUR',
        effectiveAt,
      });
    expectProblem(await transfer('2020-06-01T00:00:00Z'), 'EFFECTIVE_BEFORE_OPENING', { accountId: to });
    expect(bodyAs(transferView, await transfer('2021-01-01T00:00:00Z'), 201).effectiveAt).toBe(
      '2021-01-01T00:00:00.000Z',
    );
  });

  it('keep the sum of all balances when eight run against each other', async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(() => opened(world.client, { initialDeposit: { amount: 100 } })));
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        world.client.post('/v1/transfers', {
          fromAccountId: ids[index % 4],
          toAccountId: ids[(index + 1) % 4],
          amount: 60,
          currency: 'EUR',
        }),
      ),
    );
    expect(replies.filter(({ status, body }) => status !== 201 && body.code !== 'INSUFFICIENT_FUNDS')).toEqual([]);
    const balances = await Promise.all(ids.map(balanceOf));
    expect(balances.reduce((sum: number, balance) => sum + Number(balance), 0)).toBe(400);
    expect(balances.every((balance) => Number(balance) >= 0)).toBe(true);
  });

  it('never overdraw: of eight withdrawals at once for one balance, one is accepted', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 100 } });
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 100, currency: 'EUR' }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 422)]);
    expect(await balanceOf(id)).toBe(0);
  });
});
