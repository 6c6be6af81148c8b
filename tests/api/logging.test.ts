import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { z } from 'zod';
import { scopes } from '../../src/application/access/principal.ts';
import { createApp } from '../../src/app.ts';
import { composeDaybook, systemClock } from '../../src/compose.ts';
import { composeAccess } from '../../src/compose-access.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { listen } from '../../src/server.ts';
import { ApiClient } from '../support/api.ts';
import { bearer, Issuer, makeKey, revokeKey } from '../support/credentials.ts';
import { openTestDatabase } from '../support/database.ts';
import { askFor } from './every-endpoint.ts';

const lines: string[] = [];
let client: ApiClient;
/** What lets in for everything, and what does not, or not for all. */
let credentials: { readonly good: string; readonly bad: readonly string[] };
let close: () => Promise<void>;

beforeAll(async () => {
  const database = await openTestDatabase();
  const log = pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) });
  const issuer = await Issuer.open();
  const access = composeAccess(database.storage, issuer.settings, log, systemClock);
  const daybook = composeDaybook(database.storage, readEnvironment({}), log, { access });
  const [clerk, alice, former] = [
    await makeKey(access, { name: secrets.keyName }),
    await makeKey(access, { ownerId: secrets.owner, scopes: ['accounts:read'] }),
    await makeKey(access),
  ];
  await revokeKey(access, former.row._id);
  const tokens = [
    await issuer.token({ sub: secrets.subject, daybook_owner: secrets.owner }),
    await issuer.token({ sub: secrets.subject, exp: 1 }),
    issuer.unsigned({ sub: secrets.subject }),
    'eyJhbGciOiJub25lIn0.not-a-token.at-all',
  ];
  credentials = { good: clerk.key, bad: [alice.key, former.key, ...tokens, 'password-of-alice'] };
  const server = await listen(createApp(daybook.services, log), '127.0.0.1', 0);
  client = new ApiClient(server.url);
  close = async () => {
    await issuer.close();
    await Promise.all([daybook.drain(), server.close(1_000)]);
    await database.drop();
  };
});

afterAll(() => close());

const requestLine = z.strictObject({
  level: z.literal(30),
  time: z.number(),
  responseTime: z.number(),
  id: z.string(),
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  method: z.enum(['GET', 'POST', 'PUT', 'HEAD']),
  route: z.enum(['unmatched', '/openapi.json', '/docs', ...endpoints.map(({ path }) => path)]),
  status: z.int(),
  aborted: z.boolean().optional(),
  msg: z.literal('request'),
});

// Names that can be found again wherever they turn up.
const secrets = {
  alice: 'account-of-alice',
  bob: 'account-of-bob',
  nobody: 'account-of-nobody',
  owner: 'owner-of-alice',
  large: 918_273_645,
  small: 192_837_465,
  huge: 777_888_999,
  reference: 'rent-for-may',
  source: 'iban-de02',
  destination: 'cash-desk',
  reason: 'because-of-fraud',
  name: 'marital-status',
  value: 'divorced',
  transferId: 'transfer-of-rent',
  transactionId: 'transaction-4711',
  key: 'key-of-alice',
  keyName: 'key-of-the-clerk',
  subject: 'alice@example.com',
  hold: 'hold-for-a-hotel',
};

/** The keys that were told while it happened. */
let told: readonly string[] = [];

/** Each endpoint there is, asked by somebody who may and by those who may not. Resolves with how many requests that took. */
const askEverything = async (eventId: string, headers: Record<string, string>): Promise<number> => {
  const { alice, bob, owner, hold, transferId } = secrets;
  const subject = {
    ...{ accountId: alice, otherAccountId: bob, ownerId: owner, holdId: hold, transferId, eventId },
    ...{ proposalId: eventId, prefix: '0123456789ab', rebuildId: '1' },
  };
  const callers = [
    headers,
    ...credentials.bad.slice(0, 3).map((credential) => ({ ...headers, ...bearer(credential) })),
  ];
  const keys: string[] = [];
  for (const endpoint of endpoints) {
    const { path, body } = askFor(endpoint, subject);
    for (const caller of callers) {
      const reply = await (endpoint.method === 'get' ? client.get(path, caller) : client.post(path, body, caller));
      if (typeof reply.body.key === 'string') keys.push(reply.body.key);
    }
  }
  told = [...told, ...keys];
  return endpoints.length * callers.length;
};

/** What the rest of the API is about, and is asked with words of a person. */
const liveOn = async (headers: Record<string, string>): Promise<number> => {
  const { alice, bob, small, large, hold, reference, reason, destination, name, value, key } = secrets;
  const metadata = { [name]: value };
  const withdrawal = { type: 'WithdrawMoney', accountId: alice, amount: small, currency: 'EUR', reference, metadata };
  const transfer = { type: 'TransferMoney', fromAccountId: alice, toAccountId: bob, amount: large, currency: 'EUR' };
  const commands = [withdrawal, { ...transfer, reference }].map((command) => ({ ...command, idempotencyKey: key }));
  const placed = { holdId: hold, amount: small, currency: 'EUR', reference, metadata };
  const posts: readonly (readonly [string, unknown])[] = [
    [`/v1/accounts/${alice}/holds`, placed],
    [`/v1/accounts/${alice}/holds/${hold}/capture`, { destination, reference, metadata }],
    [`/v1/accounts/${alice}/holds/${hold}/release`, { reason }],
    ['/v1/batches', { mode: 'independent', commands }],
    ['/v1/batches', { mode: 'atomic', commands }],
    [`/v1/accounts/${alice}/what-if`, { commands: [withdrawal] }],
    [`/v1/accounts/${alice}/explain`, { command: withdrawal }],
  ];
  for (const [path, body] of posts) await client.post(path, body, headers);
  return posts.length;
};

/** Everything that can be asked, said or refused, once. Resolves with how many requests that took. */
const liveADay = async (): Promise<number> => {
  const { alice, bob, nobody, owner, large, small, huge, reference, reason, source, destination, key } = secrets;
  const { transferId, transactionId } = secrets;
  const metadata = { [secrets.name]: secrets.value };
  const eur = { currency: 'EUR', reference, metadata };
  const posts: readonly (readonly [string, unknown])[] = [
    ['/v1/accounts', { accountId: alice, ownerId: owner, currency: 'EUR', metadata }],
    ['/v1/accounts', { accountId: bob, ownerId: owner, currency: 'EUR' }],
    [`/v1/accounts/${alice}/deposits`, { amount: large, source, transactionId, ...eur }],
    [`/v1/accounts/${alice}/deposits`, { amount: large, source, transactionId, ...eur }],
    [`/v1/accounts/${alice}/withdrawals`, { amount: small, destination, ...eur }],
    [`/v1/accounts/${alice}/withdrawals`, { amount: huge * 1_000, destination, ...eur }],
    ['/v1/transfers', { transferId, fromAccountId: alice, toAccountId: bob, amount: small, ...eur }],
    ['/v1/transfers', { fromAccountId: alice, toAccountId: nobody, amount: small, ...eur }],
    [`/v1/accounts/${alice}/freeze`, { reason }],
    [`/v1/accounts/${alice}/deposits`, { amount: large, ...eur }],
    [`/v1/accounts/${alice}/unfreeze`, { reason }],
    [`/v1/accounts/${alice}/overdraft-limit`, { overdraftLimit: huge }],
    [`/v1/accounts/${alice}/close`, { reason }],
    [`/v1/accounts/${alice}/deposits`, { amount: String(large), reference: 7, ...metadata }],
    [`/v1/accounts/${alice}/deposits`, `{"reference":"${reference}"`],
    [`/v1/accounts/${alice}/nothing?owner=${owner}`, eur],
  ];
  const headers = {
    ...bearer(credentials.good),
    'User-Agent': owner,
    Cookie: `who=${owner}`,
    Referer: `http://x/${alice}`,
  };
  for (const [path, body] of posts) await client.post(path, body, headers);
  await client.post(
    `/v1/accounts/${alice}/deposits`,
    { amount: large, ...eur },
    { ...headers, 'Idempotency-Key': key },
  );
  const ofAlice = ['', '/balance', '/statement', '/events', '?asOf=x', '/statement?limit=0'];
  const paths = [
    ...ofAlice.map((rest) => `/v1/accounts/${alice}${rest}`),
    ...[`/v1/accounts?ownerId=${owner}`, `/v1/accounts/${nobody}`, `/v1/transfers/${transferId}`, `/${alice}`],
    ...['/docs', '/docs/start.js', '/openapi.json', '/health'],
  ];
  for (const path of paths) await client.get(path, headers);
  for (const credential of credentials.bad) {
    const asking = { ...headers, ...bearer(credential) };
    await client.get(`/v1/accounts/${alice}`, asking);
    await client.post(`/v1/accounts/${alice}/deposits`, { amount: large, ...eur }, asking);
  }
  const made = await client.post('/v1/admin/keys', { name: secrets.keyName, scopes }, headers);
  told = [String(made.body.key)];
  await client.get('/v1/admin/keys', headers);
  await client.get('/v1/admin/access-log', headers);
  await client.send('PUT', `/v1/accounts/${alice}`);
  await client.send('HEAD', `/v1/accounts/${alice}`);
  await client.get('/health', { 'X-Request-Id': '{"level":60,"msg":"forged"}' });
  const { body } = await client.get(`/v1/accounts/${alice}/events?limit=2`, headers);
  const [, deposited] = body.events as readonly { readonly eventId: string }[];
  const others = (await liveOn(headers)) + (await askEverything(String(deposited?.eventId), headers));
  return posts.length + 1 + paths.length + 2 * credentials.bad.length + 3 + 3 + 1 + others;
};

describe('the log of a whole day', () => {
  let requests = 0;

  beforeAll(async () => {
    requests = await liveADay();
    await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(requests));
  });

  it('has one line for each request: when, what kind, how it ended, how long it took', () => {
    expect(lines).toHaveLength(requests);
    for (const line of lines) requestLine.parse(JSON.parse(line));
  });

  it('has routes in place of addresses', () => {
    const routes = new Set(lines.map((line) => requestLine.parse(JSON.parse(line)).route));
    expect(routes).toContain('/v1/accounts/{accountId}/deposits');
    expect(routes).toContain('/v1/transfers/{transferId}');
    expect(routes).toContain('unmatched');
  });

  it('says no key and no token, nor a part of one', () => {
    const all = [credentials.good, ...credentials.bad, ...told];
    const parts = all.flatMap((credential) => credential.split(/[._]/)).filter((part) => part.length > 8);
    expect(parts.length).toBeGreaterThan(10);
    expect(lines.filter((line) => parts.some((part) => line.includes(part)))).toEqual([]);
  });

  it.each(Object.entries(secrets))('does not say: %s', (_, secret) => {
    expect(lines.filter((line) => line.includes(String(secret)))).toEqual([]);
  });
});
