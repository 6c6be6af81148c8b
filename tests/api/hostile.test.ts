import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountView, balanceView, eventsView, statementView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem } from './expectations.ts';
import {
  badAmounts,
  badCurrencies,
  badIds,
  badQueries,
  badTexts,
  badTimes,
  foreignMembers,
  injections,
  notTexts,
  oddIds,
} from './hostile-inputs.ts';
import { stateHashOf } from './state-hash.ts';
import { useWorld } from './world.ts';

const world = useWorld();
let deposit = '';

beforeAll(async () => {
  await world.client.open({ accountId: 'a', initialDeposit: { amount: 1_000 } });
  await world.client.open({ accountId: 'b', initialDeposit: { amount: 1_000 } });
  const reply = await world.client.post('/v1/accounts/a/deposits', { amount: 100, currency: 'EUR' });
  deposit = String(reply.body.eventId);
});

const stateHash = (): Promise<string> => stateHashOf(world.database.connection);

type Command = { readonly path: string; readonly body: Json };

/** One acceptable command of each kind; every member of it is spoiled in turn. */
const commands = (): Readonly<Record<string, Command>> => ({
  open: {
    path: '/v1/accounts',
    body: {
      accountId: 'new',
      ownerId: 'o',
      currency: 'EUR',
      overdraftLimit: 1,
      initialDeposit: { amount: 1, reference: 'r', source: 's' },
      effectiveAt: '2026-01-01T00:00:00Z',
      metadata: { m: 'v' },
    },
  },
  deposit: {
    path: '/v1/accounts/a/deposits',
    body: { amount: 1, currency: 'EUR', transactionId: 't', source: 's', reference: 'r', metadata: { m: 'v' } },
  },
  withdrawal: {
    path: '/v1/accounts/a/withdrawals',
    body: { amount: 1, currency: 'EUR', transactionId: 't', destination: 'd', reference: 'r', metadata: { m: 'v' } },
  },
  transfer: {
    path: '/v1/transfers',
    body: {
      transferId: 't',
      fromAccountId: 'a',
      toAccountId: 'b',
      amount: 1,
      currency: 'EUR',
      transactionId: 't',
      reference: 'r',
      metadata: { m: 'v' },
    },
  },
  reversal: { path: '/v1/reversals', body: { eventId: deposit, amount: 1, reason: 'r' } },
  freeze: { path: '/v1/accounts/a/freeze', body: { reason: 'r' } },
  unfreeze: { path: '/v1/accounts/a/unfreeze', body: { reason: 'r' } },
  close: { path: '/v1/accounts/a/close', body: { reason: 'r' } },
  'overdraft limit': { path: '/v1/accounts/a/overdraft-limit', body: { overdraftLimit: 1 } },
});

const MARK = '"THE-VALUE"';
/** The command as JSON with this text in place of the member at `path`, such as `initialDeposit.amount`. */
const spoiled = ({ body }: Command, path: string, text: string): string => {
  const copy = structuredClone(body);
  const [first = '', second] = path.split('.');
  const holder = second === undefined ? copy : (copy[first] as Json);
  holder[second ?? first] = 'THE-VALUE';
  return JSON.stringify(copy).replace(MARK, () => text);
};

const members = (names: readonly string[]): readonly (readonly [string, string])[] =>
  names.map((name) => name.split(' / ') as [string, string]);

const AMOUNTS = members([
  ...['open / initialDeposit.amount', 'open / overdraftLimit', 'overdraft limit / overdraftLimit'],
  ...['deposit / amount', 'withdrawal / amount', 'transfer / amount', 'reversal / amount'],
]);
const CURRENCIES = members(['open / currency', 'deposit / currency', 'withdrawal / currency', 'transfer / currency']);
const IDS = members([
  ...['open / accountId', 'open / ownerId', 'deposit / transactionId', 'withdrawal / transactionId'],
  ...['transfer / transferId', 'transfer / fromAccountId', 'transfer / toAccountId', 'transfer / transactionId'],
  'reversal / eventId',
]);
const TEXTS = members([
  ...['open / initialDeposit.reference', 'open / initialDeposit.source', 'open / metadata.m'],
  ...['deposit / source', 'deposit / reference', 'deposit / metadata.m'],
  ...['withdrawal / destination', 'withdrawal / reference', 'withdrawal / metadata.m'],
  ...['transfer / reference', 'transfer / metadata.m', 'reversal / reason'],
  ...['freeze / reason', 'unfreeze / reason', 'close / reason'],
]);
const TIMES = members([
  'open / effectiveAt',
  'deposit / effectiveAt',
  'withdrawal / effectiveAt',
  'transfer / effectiveAt',
]);

const commandNamed = (name: string): Command => {
  const command = commands()[name];
  if (!command) throw new Error(`no command ${name}`);
  return command;
};

const isRefusal = ({ status }: Reply): boolean => status >= 400 && status < 500;

describe('a refused request leaves nothing behind', () => {
  let before = '';

  beforeEach(async () => {
    before = await stateHash();
  });
  afterEach(async () => {
    expect(await stateHash()).toBe(before);
  });

  const refuseAll = async (name: string, member: string, texts: readonly string[]): Promise<void> => {
    const command = commandNamed(name);
    const accepted: string[] = [];
    for (const text of texts) {
      const reply = await world.client.post(command.path, spoiled(command, member, text));
      if (!isRefusal(reply)) accepted.push(`${reply.status} for ${text.slice(0, 80)}`);
      else if (reply.status !== 413) expectProblem(reply, 'VALIDATION_FAILED');
    }
    expect(accepted).toEqual([]);
  };
  const asJson = (values: readonly unknown[]): readonly string[] => values.map((value) => JSON.stringify(value));

  it.each(AMOUNTS)('amounts that are none: %s, %s', (name, member) =>
    refuseAll(name, member, member.endsWith('mount') ? ['0', ...badAmounts] : badAmounts),
  );
  it.each(['JPY', 'KWD', 'EUR'])('fractions of a minor unit: %s', (currency) =>
    refuseAll('open', 'initialDeposit.amount', ['10.5', '10.50', '1.0005', `"${currency} 1"`]),
  );
  it.each(CURRENCIES)('currencies that are none: %s, %s', (name, member) =>
    refuseAll(name, member, asJson(badCurrencies)),
  );
  it.each(IDS)('ids that are none: %s, %s', (name, member) =>
    refuseAll(name, member, asJson(['', ...badIds, ...notTexts])),
  );
  it.each(TEXTS)('texts that cannot be kept: %s, %s', (name, member) =>
    refuseAll(name, member, asJson([...badTexts, 'x'.repeat(501), ...notTexts])),
  );
  it.each(TIMES)('times that are none: %s, %s', (name, member) => refuseAll(name, member, asJson(badTimes)));

  it.each(Object.keys(commands()))('members that nobody may set: %s', async (name) => {
    const { path, body } = commandNamed(name);
    const accepted: string[] = [];
    for (const member of foreignMembers) {
      if (member in body) continue;
      const text = `{${JSON.stringify(member)}:1,${JSON.stringify(body).slice(1)}`;
      const reply = await world.client.post(path, text);
      if (reply.status !== 400) accepted.push(`${reply.status} for ${member}`);
    }
    expect(accepted).toEqual([]);
  });

  it('metadata with names that are traps, too many names, or no object', async () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, 'v']));
    const texts = [
      '{"__proto__":"v"}',
      '{"$set":"v"}',
      '{"":"v"}',
      '{"a":"v","a":"w"}',
      '{"a":{"$gt":""}}',
      '[]',
      '"x"',
    ];
    await refuseAll('deposit', 'metadata', [...texts, JSON.stringify(many), `{"${'n'.repeat(65)}":"v"}`]);
  });

  it('ids in the address', async () => {
    for (const id of badIds.filter((id) => id.isWellFormed() && !['.', '..'].includes(id))) {
      const segment = encodeURIComponent(id);
      for (const path of [`/v1/accounts/${segment}`, `/v1/accounts/${segment}/balance`, `/v1/transfers/${segment}`]) {
        const reply = await world.client.get(path);
        expect([path.slice(0, 100), reply.status]).toEqual([path.slice(0, 100), 400]);
      }
      const reply = await world.client.post(`/v1/accounts/${segment}/deposits`, { amount: 1, currency: 'EUR' });
      expectProblem(reply, 'VALIDATION_FAILED');
    }
  });

  it('query strings', async () => {
    const paths = ['/v1/accounts', '/v1/accounts/a/events', '/v1/accounts/a/statement'];
    for (const query of badQueries) {
      for (const path of paths) {
        const reply = await world.client.get(`${path}?${query}`);
        expect([query.slice(0, 60), isRefusal(reply)]).toEqual([query.slice(0, 60), true]);
      }
      expectProblem(await world.client.post(`/v1/accounts?${query}`, commandNamed('open').body), 'VALIDATION_FAILED');
    }
  });

  it('an account is not reached under a name that looks like its own', async () => {
    for (const id of ['A', 'a.', 'a-', 'a_']) {
      expectProblem(await world.client.get(`/v1/accounts/${id}`), 'ACCOUNT_NOT_FOUND', { accountId: id });
    }
  });

  it('business that the rules forbid', async () => {
    const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
    const { client } = world;
    expectProblem(await client.post('/v1/accounts/a/withdrawals', eur(10_000)), 'INSUFFICIENT_FUNDS');
    expectProblem(await client.post('/v1/accounts/a/close', { reason: 'r' }), 'ACCOUNT_NOT_EMPTY');
    expectProblem(
      await client.post('/v1/reversals', { eventId: deposit, amount: 101, reason: 'r' }),
      'REVERSAL_EXCEEDS_ORIGINAL',
    );
    const early = eur(1, { effectiveAt: '1990-01-01T00:00:00Z' });
    expectProblem(await client.post('/v1/accounts/a/deposits', early), 'EFFECTIVE_BEFORE_OPENING');
    const self = { fromAccountId: 'a', toAccountId: 'a', ...eur(1) };
    expectProblem(await client.post('/v1/transfers', self), 'SAME_ACCOUNT');
    expectProblem(
      await client.post('/v1/accounts', { accountId: 'a', ownerId: 'thief', currency: 'EUR' }),
      'ACCOUNT_ALREADY_EXISTS',
    );
    const toNobody = { fromAccountId: 'a', toAccountId: 'nobody', ...eur(1) };
    expectProblem(await client.post('/v1/transfers', toNobody), 'ACCOUNT_NOT_FOUND');
  });
});

describe('what looks hostile and is none is taken as it is', () => {
  it.each(oddIds)('an account named %s', async (accountId) => {
    const reply = await world.client.post('/v1/accounts', { accountId, ownerId: accountId, currency: 'EUR' });
    expect(bodyAs(accountView, reply, 201).accountId).toBe(accountId);
    const money = { amount: 5, currency: 'EUR', metadata: { [accountId]: 'v' }, transactionId: accountId };
    expect((await world.client.post(`/v1/accounts/${accountId}/deposits`, money)).status).toBe(201);
    expect(bodyAs(balanceView, await world.client.get(`/v1/accounts/${accountId}/balance`)).ledgerBalance).toBe(5);
  });

  it('texts that someone hopes somebody will run, in every member and header that takes text', async () => {
    await world.client.open({ accountId: 'texts' });
    for (const text of injections) {
      const headers = { 'User-Agent': text, Referer: text, 'X-Request-Id': text, 'X-Forwarded-For': text };
      const body = { amount: 1, currency: 'EUR', reference: text, source: text, metadata: { m: text } };
      const reply = await world.client.post('/v1/accounts/texts/deposits', body, headers);
      expect(reply.status, reply.text).toBe(201);
    }
    const { entries } = bodyAs(statementView, await world.client.get('/v1/accounts/texts/statement'));
    expect(entries.map(({ reference }) => reference)).toEqual(injections);
    expect(entries.map(({ counterparty }) => counterparty)).toEqual(injections);
    const { events } = bodyAs(eventsView, await world.client.get('/v1/accounts/texts/events'));
    expect(events.slice(1).map(({ data }) => data.metadata)).toEqual(injections.map((m) => ({ m })));
  });

  it('idempotency keys that look like operators', async () => {
    await world.client.open({ accountId: 'keys' });
    const keys = ['$where', '{"$ne":null}', '__proto__', 'constructor', 'a/../b', '%00', '<script>', "';--"];
    for (const key of [...keys, ...keys]) {
      const body = { amount: 1, currency: 'EUR' };
      await world.client.post('/v1/accounts/keys/deposits', body, { 'Idempotency-Key': key });
    }
    const balance = bodyAs(balanceView, await world.client.get('/v1/accounts/keys/balance'));
    expect(balance.ledgerBalance).toBe(keys.length);
  });
});

describe('under fire', () => {
  it('a freeze that races withdrawals lets none through behind it', async () => {
    await world.client.open({ accountId: 'race', initialDeposit: { amount: 100 } });
    const withdraw = (): Promise<Reply> =>
      world.client.post('/v1/accounts/race/withdrawals', { amount: 1, currency: 'EUR' });
    const freeze = (): Promise<Reply> => world.client.post('/v1/accounts/race/freeze', { reason: 'r' });
    const replies = await Promise.all([withdraw, withdraw, withdraw, freeze, withdraw, withdraw].map((act) => act()));
    const taken = replies.filter(({ status }) => status === 201).length;
    const { events } = bodyAs(eventsView, await world.client.get('/v1/accounts/race/events'));
    expect(events.at(-1)?.type).toBe('AccountFrozen');
    expect(events).toHaveLength(3 + taken);
    expect((await world.client.get('/v1/accounts/race')).body).toMatchObject({ ledgerBalance: 100 - taken });
  });

  it('a thousand requests with one key have one effect', async () => {
    await world.client.open({ accountId: 'thousand' });
    const send = (): Promise<Reply> =>
      world.client.post('/v1/accounts/thousand/deposits', { amount: 1, currency: 'EUR' }, { 'Idempotency-Key': 'k' });
    const replies = await Promise.all(Array.from({ length: 1_000 }, send));
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect((await world.client.get('/v1/accounts/thousand')).body).toMatchObject({ ledgerBalance: 1, version: 2 });
  });
});
