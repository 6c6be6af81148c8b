import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the API on a real replica set', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await openTestDatabase();
    api = await startApi(database.storage);
  });

  afterAll(async () => {
    await api.close();
    await database.drop();
  });

  it('opens an account, moves money, and reads it back', async () => {
    await api.client.open({ accountId: 'a', initialDeposit: { amount: 1_000 } });
    await api.client.open({ accountId: 'b' });
    const transfer = await api.client.post('/v1/transfers', {
      fromAccountId: 'a',
      toAccountId: 'b',
      amount: 300,
      currency: 'EUR',
    });
    expect(transfer.status).toBe(201);
    const { eventId } = transfer.body.from as { eventId: string };
    const reversal = await api.client.post('/v1/reversals', { eventId, amount: 100, reason: 'partly' });
    expect(reversal.status).toBe(201);
    expect((await api.client.get('/v1/accounts/a/balance')).body.ledgerBalance).toBe(800);
    expect((await api.client.get('/v1/accounts/b/balance')).body.ledgerBalance).toBe(200);
    expect((await api.client.get('/v1/accounts/a?version=2')).body.ledgerBalance).toBe(1_000);
    expect((await api.client.get(`/v1/transfers/${String(transfer.body.transferId)}`)).body.status).toBe(
      'partially_reversed',
    );
  });
});
