import { randomUUID } from 'node:crypto';
import type { ProblemCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Json, Reply } from '../support/api.ts';
import { closed, opened } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;
type Cases = Partial<Record<ProblemCode, Case>>;

const PAST = '2001-01-01T00:00:00Z';
const stale = { 'If-Match': '"7"' };
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

const holdsOf = (accountId: string): string => `/v1/accounts/${accountId}/holds`;

const funded = (client: ApiClient): Promise<string> => opened(client, { initialDeposit: { amount: 1_000 } });

const frozen = async (client: ApiClient, accountId: string): Promise<string> => {
  await client.post(`/v1/accounts/${accountId}/freeze`, { reason: 'a test' });
  return accountId;
};

/** An account with a hold of 100 and the name `hold`. */
const held = async (client: ApiClient): Promise<string> => {
  const accountId = await funded(client);
  await client.post(holdsOf(accountId), eur(100, { holdId: 'hold' }));
  return accountId;
};

/** Closed, with a hold that has ended. */
const closedBehind = async (client: ApiClient): Promise<string> => {
  const accountId = await held(client);
  await client.post(`${holdsOf(accountId)}/hold/release`, {});
  await client.post(`/v1/accounts/${accountId}/withdrawals`, eur(1_000));
  await client.post(`/v1/accounts/${accountId}/close`, { reason: 'a test' });
  return accountId;
};

const placing =
  (make: (client: ApiClient) => Promise<string>, body: Json = {}, headers: Record<string, string> = {}): Case =>
  async (client) =>
    client.post(holdsOf(await make(client)), eur(1, body), headers);

const placeCases: Cases = {
  IDEMPOTENCY_KEY_REUSED: async (client) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const path = holdsOf(await funded(client));
    await client.post(path, eur(1), key);
    return client.post(path, eur(2), key);
  },
  ACCOUNT_NOT_FOUND: (client) => client.post(holdsOf('absent'), eur(1)),
  HOLD_ALREADY_EXISTS: placing(held, { holdId: 'hold' }),
  VERSION_MISMATCH: placing(funded, {}, stale),
  ACCOUNT_CLOSED: placing(closed),
  ACCOUNT_FROZEN: placing(async (client) => frozen(client, await funded(client))),
  CURRENCY_MISMATCH: placing(funded, { currency: 'USD' }),
  HOLD_EXPIRES_IN_PAST: placing(funded, { expiresAt: PAST }),
  HOLD_LIMIT_EXCEEDED: async (client) => {
    const accountId = await funded(client);
    const commands = Array.from({ length: 200 }, (_, index) => {
      return { type: 'PlaceHold', accountId, ...eur(1), idempotencyKey: `${accountId}-${index}` };
    });
    await client.send('POST', '/v1/batches', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ mode: 'atomic', commands }),
    });
    return client.post(holdsOf(accountId), eur(1));
  },
  INSUFFICIENT_FUNDS: placing(funded, { amount: 1_001 }),
};

type Ending = 'capture' | 'release';

const ending =
  (
    verb: Ending,
    make: (client: ApiClient) => Promise<string>,
    body: Json = {},
    headers: Record<string, string> = {},
  ): Case =>
  async (client) =>
    client.post(`${holdsOf(await make(client))}/hold/${verb}`, body, headers);

const ended = async (client: ApiClient): Promise<string> => {
  const accountId = await held(client);
  await client.post(`${holdsOf(accountId)}/hold/release`, {});
  return accountId;
};

const keyReused =
  (verb: Ending): Case =>
  async (client) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const accountId = await held(client);
    await client.post(`/v1/accounts/${accountId}/deposits`, eur(1), key);
    return client.post(`${holdsOf(accountId)}/hold/${verb}`, {}, key);
  };

const absent = (): Promise<string> => Promise.resolve('absent');

const endCases = (verb: Ending): Cases => ({
  ACCOUNT_NOT_FOUND: ending(verb, absent),
  HOLD_NOT_FOUND: ending(verb, funded),
  VERSION_MISMATCH: ending(verb, held, {}, stale),
  ACCOUNT_CLOSED: ending(verb, closedBehind),
});

/** How what is asked of holds is refused, by endpoint. */
export const holdCases = {
  placeHold: placeCases,
  captureHold: {
    IDEMPOTENCY_KEY_REUSED: keyReused('capture'),
    TRANSACTION_ALREADY_RECORDED: async (client) => {
      const [transactionId, accountId] = [randomUUID(), await held(client)];
      await client.post(`/v1/accounts/${accountId}/deposits`, eur(1, { transactionId }));
      return client.post(`${holdsOf(accountId)}/hold/capture`, { transactionId });
    },
    ...endCases('capture'),
    ACCOUNT_FROZEN: ending('capture', async (client) => frozen(client, await held(client))),
    HOLD_NOT_OPEN: ending('capture', ended),
    CURRENCY_MISMATCH: ending('capture', held, { currency: 'USD' }),
    CAPTURE_EXCEEDS_HOLD: ending('capture', held, { amount: 101 }),
  },
  releaseHold: {
    IDEMPOTENCY_KEY_REUSED: keyReused('release'),
    ...endCases('release'),
    HOLD_NOT_OPEN: ending('release', ended),
  },
  listHolds: { ACCOUNT_NOT_FOUND: (client) => client.get(holdsOf('absent')) },
  getHold: {
    ACCOUNT_NOT_FOUND: (client) => client.get(`${holdsOf('absent')}/hold`),
    HOLD_NOT_FOUND: async (client) => client.get(`${holdsOf(await funded(client))}/hold`),
  },
} satisfies Readonly<Record<string, Cases>>;
