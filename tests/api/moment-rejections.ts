import type { ProblemCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Json, Reply } from '../support/api.ts';
import { opened } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;
type Cases = Partial<Record<ProblemCode, Case>>;

const LARGEST = Number.MAX_SAFE_INTEGER;
const FUTURE = '2999-01-01T00:00:00Z';
const OPENING = '2020-01-01T00:00:00Z';
const UNKNOWN = '01890000-0000-7000-8000-000000000000';
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

const reading = (address: string): Cases => ({
  EFFECTIVE_IN_FUTURE: async (client) => client.get(`/v1/accounts/${await opened(client)}${address}=${FUTURE}`),
  ACCOUNT_NOT_FOUND: (client) => client.get(`/v1/accounts/absent${address}=${OPENING}`),
});

const trying = (path: string, body: (accountId: string) => Json): Cases => {
  const on = (accountId: string, client: ApiClient, known: Json): Promise<Reply> =>
    client.post(`/v1/accounts/${accountId}${path}`, { ...body(accountId), ...known });
  return {
    EFFECTIVE_IN_FUTURE: async (client) => on(await opened(client), client, { knownAt: FUTURE }),
    ACCOUNT_NOT_FOUND: (client) => on('absent', client, {}),
  };
};

const deposit = (accountId: string): Json => ({ type: 'DepositMoney', accountId, ...eur(1) });

const eventsOf = async (client: ApiClient, accountId: string): Promise<readonly string[]> => {
  const { body } = await client.get(`/v1/accounts/${accountId}/events?limit=3`);
  return (body.events as Json[]).map(({ eventId }) => String(eventId));
};

/** From as far below zero as can be to as far above: more than a JSON number carries. */
const widelyApart: Case = async (client) => {
  const id = await opened(client, { overdraftLimit: LARGEST });
  await client.post(`/v1/accounts/${id}/withdrawals`, eur(LARGEST));
  await client.post(`/v1/accounts/${id}/deposits`, eur(LARGEST));
  await client.post(`/v1/accounts/${id}/overdraft-limit`, { overdraftLimit: 0 });
  await client.post(`/v1/accounts/${id}/deposits`, eur(LARGEST));
  return client.get(`/v1/accounts/${id}/diff?from.version=2&to.version=5`);
};

/** Twice the largest balance, which only a past day can have. */
const largePast: Case = async (client) => {
  const id = await opened(client, { effectiveAt: OPENING });
  await client.post(`/v1/accounts/${id}/deposits`, eur(LARGEST, { effectiveAt: OPENING }));
  await client.post(`/v1/accounts/${id}/withdrawals`, eur(LARGEST));
  await client.post(`/v1/accounts/${id}/deposits`, eur(LARGEST, { effectiveAt: OPENING }));
  return client.get(`/v1/accounts/${id}/explain?asOf=${OPENING}`);
};

const tooLong: Case = async (client) => {
  const id = await opened(client, { initialDeposit: { amount: 1 } });
  const commands = Array.from({ length: 1_000 }, (_, index) => ({
    ...deposit(id),
    idempotencyKey: `${id}-${index}`,
  }));
  await client.post('/v1/batches', { mode: 'atomic', commands });
  const [, without] = await eventsOf(client, id);
  return client.post(`/v1/accounts/${id}/what-if`, { without });
};

/** How the questions about other moments are refused, by endpoint. */
export const momentCases = {
  getStatement: reading('/statement?knownAt'),
  getDiff: { ...reading('/diff?from.asOf'), BALANCE_LIMIT_EXCEEDED: widelyApart },
  explainBalance: { ...reading('/explain?asOf'), BALANCE_LIMIT_EXCEEDED: largePast },
  explainCommand: trying('/explain', (accountId) => ({ command: deposit(accountId) })),
  whatIf: {
    ...trying('/what-if', (accountId) => ({ commands: [deposit(accountId)] })),
    EVENT_NOT_FOUND: async (client) =>
      client.post(`/v1/accounts/${await opened(client)}/what-if`, { without: UNKNOWN }),
    NOT_CHANGEABLE: async (client) => {
      const id = await opened(client);
      const [eventId] = await eventsOf(client, id);
      return client.post(`/v1/accounts/${id}/what-if`, { change: { eventId, amount: 1 } });
    },
    HISTORY_TOO_LONG: tooLong,
  },
} satisfies Record<string, Cases>;
