import { afterEach, beforeAll, expect } from 'vitest';
import type { Json, Reply } from '../support/api.ts';
import { whatIfView } from '../../src/http/schemas/what-if.ts';
import { bodyAs } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

export const clock = new ManualClock();
export const world = useWorld(clock);
export const NOW = '2041-01-01T00:00:00.000Z';

export const day = (text: string): string => `2040-${text}T00:00:00.000Z`;
export const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

const at = async (moment: string, path: string, body: Json): Promise<Json> => {
  clock.moveTo(day(moment));
  const reply = await world.client.post(path, body);
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply.body;
};

export let id = '';
export let friend = '';
export let deposit = '';
export let withdrawal = '';
export let freeze = '';

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

export const post = (body: Json): Promise<Reply> =>
  world.client.send('POST', `/v1/accounts/${id}/what-if`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
export const tried = async (body: Json): Promise<Json> => bodyAs(whatIfView, await post(body));

export const command = (type: string, rest: Json = {}): Json => ({ type, accountId: id, ...rest });
export const transfer = (amount: number, rest: Json = {}): Json => ({
  type: 'TransferMoney',
  fromAccountId: id,
  toAccountId: friend,
  ...eur(amount, rest),
});

type Altered = {
  readonly events: readonly { readonly version: number; readonly outcome: string; readonly problem?: Json }[];
};

export const outcomesIn = (answer: Json): unknown[] =>
  (answer as unknown as Altered).events.map(({ version, outcome, problem }) => [version, problem?.code ?? outcome]);
