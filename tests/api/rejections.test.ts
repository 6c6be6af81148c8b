import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { domainErrorCodes } from '../../src/domain/domain-error.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { type ProblemCode, problemByCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Json, Reply } from '../support/api.ts';
import { BatchingClient } from './batching-client.ts';
import { expectProblem } from './expectations.ts';
import { accessCases } from './access-rejections.ts';
import { auditCases } from './audit-rejections.ts';
import { holdCases } from './hold-rejections.ts';
import { momentCases } from './moment-rejections.ts';
import { rebuildCases } from './rebuild-rejections.ts';
import { provingCases } from './proof-rejections.ts';
import { approvalRequired, proposalCases, type Place } from './proposal-rejections.ts';
import { closed, frozen, opened, useWorld } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;

const LARGEST = Number.MAX_SAFE_INTEGER;
const FUTURE = '2999-01-01T00:00:00Z';
const LONG_AGO = '1990-01-01T00:00:00Z';
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
const funded = (client: ApiClient, amount = 1_000, account: Json = {}): Promise<string> =>
  opened(client, { initialDeposit: { amount }, ...account });

/** The same key, first for another request that is accepted. */
const reusedKey =
  (path: (accountId: string) => string, body: (accountId: string) => Json): Case =>
  async (client) => {
    const key = { 'Idempotency-Key': randomUUID() };
    await client.post('/v1/accounts', { ownerId: 'o', currency: 'EUR' }, key);
    const accountId = await funded(client);
    return client.post(path(accountId), body(accountId), key);
  };

const onAccount =
  (
    make: (client: ApiClient) => Promise<string>,
    path: string,
    body: Json,
    headers: Record<string, string> = {},
  ): Case =>
  async (client) =>
    client.post(`/v1/accounts/${await make(client)}${path}`, body, headers);

const absent = (): Promise<string> => Promise.resolve('absent');
const stale = { 'If-Match': '"7"' };

const changeCases = (path: string, body: Json): Partial<Record<ProblemCode, Case>> => ({
  IDEMPOTENCY_KEY_REUSED: reusedKey(
    (id) => `/v1/accounts/${id}${path}`,
    () => body,
  ),
  ACCOUNT_NOT_FOUND: onAccount(absent, path, body),
  VERSION_MISMATCH: onAccount(opened, path, body, stale),
  ACCOUNT_CLOSED: onAccount(closed, path, body),
});

const moveCases = (path: string): Partial<Record<ProblemCode, Case>> => ({
  IDEMPOTENCY_KEY_REUSED: reusedKey(
    (id) => `/v1/accounts/${id}${path}`,
    () => eur(1),
  ),
  TRANSACTION_ALREADY_RECORDED: async (client) => {
    const id = await funded(client);
    const transactionId = randomUUID();
    await client.post(`/v1/accounts/${id}/deposits`, eur(1, { transactionId }));
    return client.post(`/v1/accounts/${id}${path}`, eur(1, { transactionId }));
  },
  ACCOUNT_NOT_FOUND: onAccount(absent, path, eur(1)),
  VERSION_MISMATCH: onAccount(funded, path, eur(1), stale),
  ACCOUNT_CLOSED: onAccount(closed, path, eur(1)),
  ACCOUNT_FROZEN: onAccount(frozen, path, eur(1)),
  CURRENCY_MISMATCH: onAccount(opened, path, { amount: 1, currency: 'USD' }),
  EFFECTIVE_IN_FUTURE: onAccount(funded, path, eur(1, { effectiveAt: FUTURE })),
  EFFECTIVE_BEFORE_OPENING: onAccount(funded, path, eur(1, { effectiveAt: LONG_AGO })),
});

type Party = (client: ApiClient) => Promise<string>;

const transfer =
  (from: Party, to: Party, body: Json = {}, headers: Record<string, string> = {}): Case =>
  async (client) => {
    const [fromAccountId, toAccountId] = [await from(client), await to(client)];
    return client.post('/v1/transfers', { fromAccountId, toAccountId, ...eur(1), ...body }, headers);
  };

const transferCases: Partial<Record<ProblemCode, Case>> = {
  IDEMPOTENCY_KEY_REUSED: reusedKey(
    () => '/v1/transfers',
    (id) => ({ fromAccountId: id, toAccountId: 'absent', ...eur(1) }),
  ),
  TRANSACTION_ALREADY_RECORDED: async (client) => {
    const transactionId = randomUUID();
    await client.post(`/v1/accounts/${await opened(client)}/deposits`, eur(1, { transactionId }));
    return transfer(funded, opened, { transactionId })(client);
  },
  TRANSFER_ALREADY_EXISTS: async (client) => {
    const transferId = randomUUID();
    await transfer(funded, opened, { transferId })(client);
    return transfer(funded, opened, { transferId })(client);
  },
  SAME_ACCOUNT: async (client) => {
    const id = await funded(client);
    const self = (): Promise<string> => Promise.resolve(id);
    return transfer(self, self)(client);
  },
  ACCOUNT_NOT_FOUND: transfer(funded, absent),
  VERSION_MISMATCH: transfer(funded, opened, {}, stale),
  ACCOUNT_CLOSED: transfer(funded, closed),
  ACCOUNT_FROZEN: transfer(funded, frozen),
  CURRENCY_MISMATCH: transfer(funded, (client) => opened(client, { currency: 'JPY' })),
  EFFECTIVE_IN_FUTURE: transfer(funded, opened, { effectiveAt: FUTURE }),
  EFFECTIVE_BEFORE_OPENING: transfer((client) => funded(client, 9, { effectiveAt: LONG_AGO }), opened, {
    effectiveAt: '2001-01-01T00:00:00Z',
  }),
  INSUFFICIENT_FUNDS: transfer(funded, opened, { amount: 1_001 }),
  BALANCE_LIMIT_EXCEEDED: transfer(funded, (client) => funded(client, LARGEST)),
};

const deposited = async (client: ApiClient, amount: number): Promise<{ id: string; eventId: string }> => {
  const id = await opened(client);
  const { body } = await client.post(`/v1/accounts/${id}/deposits`, eur(amount));
  return { id, eventId: String(body.eventId) };
};

/** A deposit of 100, what happens to the account then, and its reversal. */
const reversalAfter =
  (happen: (client: ApiClient, id: string) => Promise<unknown>, body: Json = {}, headers = {}): Case =>
  async (client) => {
    const { id, eventId } = await deposited(client, 100);
    await happen(client, id);
    return client.post('/v1/reversals', { eventId, reason: 'a test', ...body }, headers);
  };

const withdraw =
  (amount: number) =>
  (client: ApiClient, id: string): Promise<Reply> =>
    client.post(`/v1/accounts/${id}/withdrawals`, eur(amount));

const nothing = (): Promise<void> => Promise.resolve();

const reversalCases: Partial<Record<ProblemCode, Case>> = {
  EVENT_NOT_FOUND: (client) => client.post('/v1/reversals', { eventId: randomUUID(), reason: 'a test' }),
  NOT_REVERSIBLE: async (client) => {
    const { eventId } = await deposited(client, 100);
    const reversal = await client.post('/v1/reversals', { eventId, reason: 'a test' });
    return client.post('/v1/reversals', { eventId: reversal.body.eventId, reason: 'a test' });
  },
  IDEMPOTENCY_KEY_REUSED: async (client) => {
    const { eventId } = await deposited(client, 100);
    return reusedKey(
      () => '/v1/reversals',
      () => ({ eventId, reason: 'a test' }),
    )(client);
  },
  VERSION_MISMATCH: reversalAfter(nothing, {}, stale),
  ACCOUNT_CLOSED: reversalAfter(async (client, id) => {
    await withdraw(100)(client, id);
    await client.post(`/v1/accounts/${id}/close`, { reason: 'a test' });
  }),
  ACCOUNT_FROZEN: reversalAfter((client, id) => client.post(`/v1/accounts/${id}/freeze`, { reason: 'a test' })),
  REVERSAL_EXCEEDS_ORIGINAL: reversalAfter(nothing, { amount: 101 }),
  INSUFFICIENT_FUNDS: reversalAfter(withdraw(1)),
  BALANCE_LIMIT_EXCEEDED: async (client) => {
    const id = await funded(client, LARGEST);
    const { body } = await withdraw(1)(client, id);
    await client.post(`/v1/accounts/${id}/deposits`, eur(1));
    return client.post('/v1/reversals', { eventId: body.eventId, reason: 'a test' });
  },
};

const readCases = (path: string): Partial<Record<ProblemCode, Case>> => ({
  EFFECTIVE_IN_FUTURE: async (client) => client.get(`/v1/accounts/${await opened(client)}${path}?asOf=${FUTURE}`),
  ACCOUNT_NOT_FOUND: (client) => client.get(`/v1/accounts/absent${path}`),
});

const cases: Readonly<Record<string, Partial<Record<ProblemCode, Case>>>> = {
  openAccount: {
    IDEMPOTENCY_KEY_REUSED: reusedKey(
      () => '/v1/accounts',
      () => ({ ownerId: 'other', currency: 'EUR' }),
    ),
    ACCOUNT_ALREADY_EXISTS: async (client) =>
      client.post('/v1/accounts', { accountId: await opened(client), ownerId: 'o', currency: 'EUR' }),
    EFFECTIVE_IN_FUTURE: (client) =>
      client.post('/v1/accounts', { ownerId: 'o', currency: 'EUR', effectiveAt: FUTURE }),
    BALANCE_LIMIT_EXCEEDED: (client) =>
      client.post('/v1/accounts', {
        ownerId: 'o',
        currency: 'EUR',
        overdraftLimit: 1,
        initialDeposit: { amount: LARGEST },
      }),
  },
  ...momentCases,
  ...auditCases,
  ...accessCases,
  ...rebuildCases,
  ...holdCases,
  getAccount: readCases(''),
  getBalance: { ...readCases('/balance'), ...provingCases('balance') },
  getStatement: {
    NOT_ACCEPTABLE: async (client) =>
      client.get(`/v1/accounts/${await opened(client)}/statement`, { Accept: 'image/png' }),
    ...momentCases.getStatement,
    ...provingCases('statement'),
  },
  listEvents: { ACCOUNT_NOT_FOUND: (client) => client.get('/v1/accounts/absent/events') },
  depositMoney: {
    ...moveCases('/deposits'),
    BALANCE_LIMIT_EXCEEDED: onAccount((client) => funded(client, LARGEST), '/deposits', eur(1)),
  },
  withdrawMoney: {
    ...moveCases('/withdrawals'),
    INSUFFICIENT_FUNDS: onAccount(funded, '/withdrawals', eur(1_001)),
  },
  freezeAccount: {
    ...changeCases('/freeze', { reason: 'a test' }),
    ACCOUNT_FROZEN: onAccount(frozen, '/freeze', { reason: 'a test' }),
  },
  unfreezeAccount: {
    ...changeCases('/unfreeze', { reason: 'a test' }),
    ACCOUNT_NOT_FROZEN: onAccount(opened, '/unfreeze', { reason: 'a test' }),
  },
  closeAccount: {
    ...changeCases('/close', { reason: 'a test' }),
    ACCOUNT_NOT_EMPTY: onAccount(funded, '/close', { reason: 'a test' }),
  },
  changeOverdraftLimit: {
    ...changeCases('/overdraft-limit', { overdraftLimit: 5 }),
    OVERDRAFT_IN_USE: async (client) => {
      const id = await opened(client, { overdraftLimit: 10 });
      await withdraw(10)(client, id);
      return client.post(`/v1/accounts/${id}/overdraft-limit`, { overdraftLimit: 9 });
    },
    BALANCE_LIMIT_EXCEEDED: onAccount((client) => funded(client, LARGEST), '/overdraft-limit', { overdraftLimit: 1 }),
  },
  transferMoney: transferCases,
  getTransfer: { TRANSFER_NOT_FOUND: (client) => client.get('/v1/transfers/absent') },
  reverseTransaction: reversalCases,
};

const hasKey = (id: string): boolean =>
  endpoints.some((endpoint) => endpoint.id === id && endpoint.isCommand && endpoint.needsKey);

/** Each code at the first command that has it and may be sent so. */
const firstOfEach = (isMeant: (id: string) => boolean): Partial<Record<ProblemCode, Case>> =>
  Object.fromEntries(
    domainErrorCodes.flatMap((code) => {
      const found = Object.entries(cases).find(([id, ofEndpoint]) => code in ofEndpoint && isMeant(id));
      const provoke = found?.[1][code];
      return provoke ? [[code, provoke] as const] : [];
    }),
  );

/** As a batch of one. */
const batched: Partial<Record<ProblemCode, Case>> = {
  ...Object.fromEntries(
    Object.entries(firstOfEach(hasKey)).map(([code, provoke]) => [
      code,
      (client: ApiClient) => provoke(new BatchingClient(client.url)),
    ]),
  ),
  APPROVAL_REQUIRED: approvalRequired,
};

const isProposable = (id: string): boolean =>
  endpoints.some((endpoint) => endpoint.id === id && 202 in endpoint.answers);

const casesAt = (place: Place): typeof cases => ({
  ...cases,
  ...proposalCases(place, firstOfEach(isProposable)),
  submitBatch: batched,
});

type Document = { paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>> };

describe('every rejection that an endpoint declares', () => {
  const world = useWorld();
  const all = casesAt(() => world.storage);

  it.each(endpoints.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s: each declared code is provoked below, in the order in which it is checked',
    (id, { rejects }) => {
      expect(Object.keys(all[id] ?? {})).toEqual(rejects);
    },
  );

  const rows = Object.entries(all).flatMap(([id, ofEndpoint]) =>
    Object.entries(ofEndpoint).map(([code, provoke]) => [id, code as ProblemCode, provoke] as const),
  );

  it.each(rows)('%s rejects with %s, and the OpenAPI document says so', async (id, code, provoke) => {
    expectProblem(await provoke(world.client), code);
    const { body } = await world.client.get('/openapi.json');
    const { path = '', method = 'get' } = endpoints.find((endpoint) => endpoint.id === id) ?? {};
    const { responses } = (body as unknown as Document).paths[path]?.[method] ?? {};
    expect(responses?.[problemByCode[code].status]?.description).toContain(`\`${code}\``);
  });

  const ofCommands = rows.filter(([id]) => hasKey(id) && id in cases);

  it.each(ofCommands)('%s rejects with %s in a batch, too', async (_, code, provoke) => {
    const reply = await provoke(new BatchingClient(world.client.url));
    expectProblem(reply, code);
    expect(reply.body.index).toBe(0);
  });
});

describe('of two rules that say no, the one declared first answers', () => {
  const world = useWorld();
  const unfunded = (client: ApiClient): Promise<string> => opened(client);
  const usd = { currency: 'USD' };
  const late = { effectiveAt: FUTURE };
  const early = { effectiveAt: LONG_AGO };

  it.each<readonly [ProblemCode, ProblemCode, Case]>([
    ['ACCOUNT_CLOSED', 'CURRENCY_MISMATCH', onAccount(closed, '/deposits', { amount: 1, ...usd })],
    ['VERSION_MISMATCH', 'ACCOUNT_CLOSED', onAccount(closed, '/deposits', eur(1), stale)],
    ['VERSION_MISMATCH', 'ACCOUNT_FROZEN', onAccount(frozen, '/freeze', { reason: 'a test' }, stale)],
    ['ACCOUNT_FROZEN', 'CURRENCY_MISMATCH', onAccount(frozen, '/withdrawals', { amount: 1, ...usd })],
    ['CURRENCY_MISMATCH', 'EFFECTIVE_IN_FUTURE', onAccount(opened, '/deposits', { amount: 1, ...usd, ...late })],
    ['EFFECTIVE_IN_FUTURE', 'INSUFFICIENT_FUNDS', onAccount(opened, '/withdrawals', eur(1, late))],
    ['EFFECTIVE_BEFORE_OPENING', 'INSUFFICIENT_FUNDS', onAccount(opened, '/withdrawals', eur(1, early))],
    ['ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED', transfer(closed, absent)],
    ['ACCOUNT_CLOSED', 'ACCOUNT_FROZEN', transfer(frozen, closed)],
    ['ACCOUNT_FROZEN', 'CURRENCY_MISMATCH', transfer(unfunded, frozen, usd)],
    ['CURRENCY_MISMATCH', 'EFFECTIVE_IN_FUTURE', transfer(unfunded, opened, { ...usd, ...late })],
    ['EFFECTIVE_BEFORE_OPENING', 'INSUFFICIENT_FUNDS', transfer(unfunded, opened, early)],
    ['INSUFFICIENT_FUNDS', 'BALANCE_LIMIT_EXCEEDED', transfer(unfunded, (client) => funded(client, LARGEST))],
    ['REVERSAL_EXCEEDS_ORIGINAL', 'INSUFFICIENT_FUNDS', reversalAfter(withdraw(1), { amount: 101 })],
    ['SAME_ACCOUNT', 'ACCOUNT_NOT_FOUND', transfer(absent, absent)],
    ['VERSION_MISMATCH', 'INSUFFICIENT_FUNDS', transfer(unfunded, opened, {}, stale)],
  ])('%s before %s', async (first, _second, provoke) => {
    expectProblem(await provoke(world.client), first);
  });

  it('ACCOUNT_NOT_FOUND of the receiver before VERSION_MISMATCH of the sender', async () => {
    expectProblem(await transfer(funded, absent, {}, stale)(world.client), 'ACCOUNT_NOT_FOUND');
  });

  it('SAME_ACCOUNT before VERSION_MISMATCH', async () => {
    const id = await funded(world.client);
    const self = (): Promise<string> => Promise.resolve(id);
    expectProblem(await transfer(self, self, {}, stale)(world.client), 'SAME_ACCOUNT');
  });
});
