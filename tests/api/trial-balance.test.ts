import { describe, expect, it } from 'vitest';
import { trialBalanceView } from '../../src/http/schemas/views.ts';
import type { Json } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);

const post = async (path: string, body: Json): Promise<Json> => {
  clock.forward(1_000);
  const reply = await world.client.post(path, body);
  expect(reply.status, reply.text).toBe(201);
  return reply.body;
};

const trialBalance = async (query = '') =>
  bodyAs(trialBalanceView, await world.client.get(`/v1/trial-balance${query}`), 200);

/** As `account currency: debits − credits`. */
const linesOf = async (query = ''): Promise<readonly string[]> =>
  (await trialBalance(query)).ledgerAccounts.map(
    ({ ledgerAccount, currency, debits, credits }) => `${ledgerAccount} ${currency}: ${debits} − ${credits}`,
  );

describe('the trial balance', () => {
  it('of an empty ledger is empty, and balanced', async () => {
    expect(await trialBalance()).toMatchObject({ isBalanced: true, totals: [], ledgerAccounts: [] });
  });

  it('posts every event twice, by party, and takes both back with a reversal', async () => {
    const [alice, bob] = [await opened(world.client), await opened(world.client)];
    const eur = (amount: number, more: Json = {}): Json => ({ amount, currency: 'EUR', ...more });
    const deposit = await post(`/v1/accounts/${alice}/deposits`, eur(1_000, { source: 'SEPA' }));
    await post(`/v1/accounts/${alice}/deposits`, eur(50));
    await post(`/v1/accounts/${alice}/withdrawals`, eur(200, { destination: 'SEPA' }));
    const transfer = await post('/v1/transfers', eur(300, { fromAccountId: alice, toAccountId: bob }));
    const before = new Date(clock.now()).toISOString();
    expect(await linesOf()).toEqual([
      'cash EUR: 50 − 0',
      'clearing:SEPA EUR: 1000 − 200',
      'customer-deposits EUR: 500 − 1350',
      'in-transit EUR: 300 − 300',
    ]);
    await post('/v1/reversals', { eventId: deposit.eventId, amount: 100, reason: 'too much' });
    await post('/v1/reversals', { eventId: (transfer.from as Json).eventId, reason: 'by mistake' });
    const now = await trialBalance();
    expect(now.ledgerAccounts).toEqual([
      { ledgerAccount: 'cash', currency: 'EUR', debits: '50', credits: '0', balance: '50' },
      { ledgerAccount: 'clearing:SEPA', currency: 'EUR', debits: '1000', credits: '300', balance: '700' },
      { ledgerAccount: 'customer-deposits', currency: 'EUR', debits: '900', credits: '1650', balance: '-750' },
      { ledgerAccount: 'in-transit', currency: 'EUR', debits: '600', credits: '600', balance: '0' },
    ]);
    expect(now.totals).toEqual([{ currency: 'EUR', debits: '2550', credits: '2550', balance: '0' }]);
    expect(now.isBalanced).toBe(true);
    // What customers are owed is what stands on their accounts.
    const { accounts } = (await world.client.get('/v1/accounts')).body as { accounts: { ledgerBalance: number }[] };
    expect(accounts.reduce((sum, { ledgerBalance }) => sum + ledgerBalance, 0)).toBe(750);
    expect(await linesOf(`?knownAt=${before}`)).toContain('customer-deposits EUR: 500 − 1350');
  });

  it('counts by value date with asOf, and by what was recorded with knownAt', async () => {
    clock.forward(60_000);
    const id = await opened(world.client, { currency: 'USD', effectiveAt: '2030-01-01T00:00:00Z' });
    await post(`/v1/accounts/${id}/deposits`, { amount: 5, currency: 'USD', effectiveAt: '2030-06-01T00:00:00Z' });
    const known = new Date(clock.now()).toISOString();
    await post(`/v1/accounts/${id}/deposits`, { amount: 7, currency: 'USD', effectiveAt: '2030-05-01T00:00:00Z' });
    const dollars = async (query: string) => (await linesOf(query)).filter((line) => line.includes('USD'));
    expect(await dollars('?asOf=2030-05-31T00:00:00Z')).toEqual(['cash USD: 7 − 0', 'customer-deposits USD: 0 − 7']);
    expect(await dollars(`?asOf=2030-06-30T00:00:00Z&knownAt=${known}`)).toEqual([
      'cash USD: 5 − 0',
      'customer-deposits USD: 0 − 5',
    ]);
    expect(await dollars('?asOf=2030-06-30T00:00:00Z')).toEqual(['cash USD: 12 − 0', 'customer-deposits USD: 0 − 12']);
  });

  it('is exact beyond what a JSON number can carry', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (let account = 0; account < 3; account += 1) {
      const id = await opened(world.client, { currency: 'JPY' });
      await post(`/v1/accounts/${id}/deposits`, { amount: most, currency: 'JPY', source: 'mint' });
    }
    const sum = (3n * BigInt(most)).toString();
    expect(await linesOf()).toContain(`clearing:mint JPY: ${sum} − 0`);
    expect((await trialBalance()).isBalanced).toBe(true);
  });

  it('comes in pages, each with the totals of all, of the moment of the first', async () => {
    const whole = await trialBalance();
    const first = await trialBalance('?limit=3');
    expect(first.ledgerAccounts).toEqual(whole.ledgerAccounts.slice(0, 3));
    const id = await opened(world.client, { currency: 'EUR' });
    await post(`/v1/accounts/${id}/deposits`, { amount: 1, currency: 'EUR', source: 'later' });
    const rest: unknown[] = [];
    for (let { nextCursor } = first; nextCursor;) {
      const page = await trialBalance(`?limit=3&cursor=${nextCursor}`);
      expect(page).toMatchObject({ totals: first.totals, asOf: first.asOf, knownAt: first.knownAt });
      rest.push(...page.ledgerAccounts);
      nextCursor = page.nextCursor;
    }
    expect(rest).toEqual(whole.ledgerAccounts.slice(3));
  });

  it('refuses what lies in the future, and cursors of other lists', async () => {
    for (const name of ['asOf', 'knownAt'])
      expectProblem(await world.client.get(`/v1/trial-balance?${name}=2999-01-01T00:00:00Z`), 'EFFECTIVE_IN_FUTURE');
    const { nextCursor } = await trialBalance('?limit=1');
    const other = await world.client.get(`/v1/trial-balance?asOf=2030-01-01T00:00:00Z&cursor=${String(nextCursor)}`);
    expect(faultsOf(other)).toEqual(['query cursor']);
    expect(faultsOf(await world.client.get('/v1/trial-balance?version=3'))).toEqual(['query version']);
  });
});
