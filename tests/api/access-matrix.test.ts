import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import type { Access } from '../../src/application/access/access.ts';
import { isForOwners, scopes } from '../../src/application/access/principal.ts';
import { composeAccess } from '../../src/compose-access.ts';
import { systemClock } from '../../src/compose.ts';
import type { Endpoint } from '../../src/http/endpoint.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { type ApiClient, type Json, type Reply, startApi, type TestApi } from '../support/api.ts';
import { bearer, Issuer, makeKey, newPair, revokeKey, rotateKey } from '../support/credentials.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { askFor, type Subject } from './every-endpoint.ts';
import { expectProblem } from './expectations.ts';

const NEVER = '01900000-0000-7000-8000-000000000000';
const NEVER_PROPOSED = '01900000-0000-7000-8000-000000000001';

const MOST_ALONE = 10_000;

let database: TestDatabase;
let issuer: Issuer;
let access: Access;
let api: TestApi;
let client: ApiClient;
let everything: Record<string, string>;
let ofAlice: Subject;

const guarded = endpoints.filter(({ scope }) => scope !== 'none');
const rows = guarded.map((endpoint) => [endpoint.id, endpoint] as const);

const send = (endpoint: Endpoint, subject: Subject, headers: Record<string, string>): Promise<Reply> => {
  const { path, body } = askFor(endpoint, subject);
  return endpoint.method === 'get' ? client.get(path, headers) : client.post(path, body, headers);
};

beforeAll(async () => {
  [database, issuer] = await Promise.all([openTestDatabase(), Issuer.open()]);
  access = composeAccess(database.storage, issuer.settings, pino({ level: 'silent' }), systemClock);
  const limits = { DAYBOOK_APPROVAL_ABOVE: new Map([['EUR', BigInt(MOST_ALONE)]]) };
  api = await startApi(database.storage, limits, { access });
  ({ client } = api);
  everything = bearer((await makeKey(access)).key);
  const post = async (path: string, body: Json): Promise<Json> => {
    const reply = await client.post(path, body, everything);
    expect(reply.status, reply.text).toBe(201);
    return reply.body;
  };
  const initialDeposit = { amount: MOST_ALONE };
  await post('/v1/accounts', { accountId: 'alice-1', ownerId: 'alice', currency: 'EUR', initialDeposit });
  await post('/v1/accounts', { accountId: 'alice-2', ownerId: 'alice', currency: 'EUR' });
  await post('/v1/accounts', { accountId: 'bob-1', ownerId: 'bob', currency: 'EUR', initialDeposit });
  await post('/v1/accounts/alice-1/holds', { holdId: 'hold-1', amount: 5, currency: 'EUR' });
  const deposit = await post('/v1/accounts/alice-1/deposits', { amount: 7, currency: 'EUR' });
  await post('/v1/transfers', {
    transferId: 'rent-1',
    fromAccountId: 'alice-1',
    toAccountId: 'alice-2',
    amount: 3,
    currency: 'EUR',
  });
  await post('/v1/accounts/alice-1/deposits', { amount: MOST_ALONE, currency: 'EUR' });
  const { key } = await makeKey(access, { ownerId: 'alice', scopes: ['money:write'] });
  const large = { amount: MOST_ALONE + 1, currency: 'EUR' };
  const proposal = await client.post('/v1/accounts/alice-1/withdrawals', large, bearer(key));
  expect(proposal.status, proposal.text).toBe(202);
  ofAlice = {
    accountId: 'alice-1',
    otherAccountId: 'alice-2',
    holdId: 'hold-1',
    transferId: 'rent-1',
    eventId: String(deposit.eventId),
    ownerId: 'alice',
    proposalId: String(proposal.body.proposalId),
    prefix: (await makeKey(access)).row._id,
    rebuildId: '77777',
  };
});

afterAll(async () => {
  await api.close();
  await Promise.all([database.drop(), issuer.close()]);
});

type Credential = () => Promise<Record<string, string>>;

const inThePast = { exp: Math.floor(Date.now() / 1_000) - 60 };

/** Everything that nobody should be let in with. */
const refused: Readonly<Record<string, Credential>> = {
  'no credential': () => Promise.resolve({}),
  'another scheme': () => Promise.resolve({ Authorization: `Basic ${btoa('alice:secret')}` }),
  'nothing behind the scheme': () => Promise.resolve({ Authorization: 'Bearer ' }),
  'two credentials in one': async () => bearer(`${(await makeKey(access)).key} ${(await makeKey(access)).key}`),
  'no token at all': () => Promise.resolve(bearer('not.a.token')),
  'a key that is too short': async () => bearer((await makeKey(access)).key.slice(0, -1)),
  'a key that nobody made': () => Promise.resolve(bearer(`daybook_0123456789ab_${'A'.repeat(43)}`)),
  'the prefix of a key with another secret': async () =>
    bearer(`daybook_${(await makeKey(access)).row._id}_${'A'.repeat(43)}`),
  'a revoked key': async () => {
    const { key, row } = await makeKey(access);
    await revokeKey(access, row._id);
    return bearer(key);
  },
  'a key from before it was rotated': async () => {
    const { key, row } = await makeKey(access);
    await rotateKey(access, row._id);
    return bearer(key);
  },
  'an expired token': async () => bearer(await issuer.token(inThePast)),
  'a token that never expires': async () => bearer(await issuer.token({ exp: undefined })),
  'a token from the future': async () => bearer(await issuer.token({ nbf: Math.floor(Date.now() / 1_000) + 600 })),
  'a token of another issuer': async () => bearer(await issuer.token({ iss: 'https://other.example' })),
  'a token for another audience': async () => bearer(await issuer.token({ aud: 'another' })),
  'a token of nobody': async () => bearer(await issuer.token({ sub: undefined })),
  'a token that does not say whose accounts': async () => bearer(await issuer.token({ daybook_owner: undefined })),
  'a token signed with a key of its own': async () =>
    bearer(await issuer.token({}, { key: (await newPair()).privateKey })),
  'a token that brings its own key': async () => {
    const pair = await newPair();
    const jwk = await issuer.publicJwk('first', pair);
    return bearer(await issuer.token({}, { key: pair.privateKey, header: { jwk } }));
  },
  'a token with one letter changed': async () => {
    const [header = '', payload = '', signature = ''] = (await issuer.token({ daybook_owner: 'alice' })).split('.');
    const changed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
    const forged = Buffer.from(JSON.stringify({ ...changed, daybook_owner: '*' })).toString('base64url');
    return bearer(`${header}.${forged}.${signature}`);
  },
  'alg none': () => Promise.resolve(bearer(issuer.unsigned())),
  'HS256 with the public key': async () => bearer(await issuer.symmetric()),
  'an algorithm that is not on the list': async () => {
    const { generateKeyPair } = await import('jose');
    const { privateKey } = await generateKeyPair('RS256');
    return bearer(await issuer.token({}, { key: privateKey, header: { alg: 'RS256' } }));
  },
  'an unknown kid': async () => bearer(await issuer.token({}, { header: { kid: 'second' } })),
  'a kid that leads elsewhere': async () =>
    bearer(await issuer.token({}, { key: (await newPair()).privateKey, header: { kid: '../../../dev/null' } })),
  'a token that says where its key is': async () => {
    const elsewhere = { jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/chain' };
    return bearer(await issuer.token({}, { key: (await newPair()).privateKey, header: elsewhere }));
  },
  'a token that is bound to a certificate': async () =>
    bearer(await issuer.token({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } })),
  'a token that is bound to a key, without a proof': async () =>
    bearer(await issuer.token({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })),
};

describe.each(Object.entries(refused))('with %s', (_, credential) => {
  it.each(rows)('%s is refused, and nothing is said about why', async (_id, endpoint) => {
    const reply = await send(endpoint, ofAlice, await credential());
    expectProblem(reply, 'UNAUTHENTICATED');
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer realm="daybook"(?:, error="invalid_token")?$/);
  });
});

describe('with a good credential', () => {
  it.each(rows)('%s lets in who has its scope, whatever it answers then', async (_id, endpoint) => {
    const { key } = await makeKey(access, { scopes: scopes.filter((scope) => scope === endpoint.scope) });
    const token = await issuer.token({ scope: `openid ${endpoint.scope}` });
    for (const credential of [key, token]) {
      // Only its maker may take a proposal back, whatever scopes others have.
      const subject = { ...ofAlice, proposalId: NEVER_PROPOSED, prefix: (await makeKey(access)).row._id };
      const reply = await send(endpoint, subject, bearer(credential));
      expect([401, 403], reply.text).not.toContain(reply.status);
    }
  });

  it.each(rows)('%s refuses who has every other scope', async (_id, endpoint) => {
    const others = scopes.filter((scope) => scope !== endpoint.scope);
    const { key } = await makeKey(access, { scopes: others });
    for (const credential of [key, await issuer.token({ scope: others.join(' ') })]) {
      const reply = await send(endpoint, ofAlice, bearer(credential));
      expectProblem(reply, 'FORBIDDEN');
      expect(reply.headers.get('www-authenticate')).toContain(`scope="${endpoint.scope}"`);
    }
  });

  it.each(endpoints.filter(({ scope }) => scope === 'none').map(({ id, path }) => [id, path] as const))(
    '%s is for everybody',
    async (_id, path) => {
      for (const headers of [{}, bearer('nonsense'), everything]) {
        expect((await client.get(path, headers)).status).toBe(200);
      }
    },
  );
});

/** Whatever an answer says beside the ids that it was asked with. */
const withoutIds = ({ status, text, headers }: Reply, subject: Subject): object => {
  const said = Object.values(subject).reduce((left, id, index) => left.replaceAll(id, `<${index}>`), text);
  const named = [...headers].filter(([name]) => name !== 'date');
  return { status, said, headers: named };
};

describe('with the credential of another owner', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const request = { 'X-Request-Id': 'request', 'Idempotency-Key': 'key', traceparent };
  const missing: Subject = {
    accountId: 'xlice-1',
    otherAccountId: 'xlice-2',
    holdId: 'xold-1',
    transferId: 'xent-1',
    eventId: NEVER,
    ownerId: 'xlice',
    proposalId: NEVER_PROPOSED,
    prefix: '0123456789ab',
    rebuildId: '99999',
  };
  const credentials: Readonly<Record<string, () => Promise<string>>> = {
    'an API key': async () => (await makeKey(access, { ownerId: 'bob', scopes: scopes.filter(isForOwners) })).key,
    'a token': () => issuer.token({ daybook_owner: 'bob' }),
  };
  const isOfAccounts = ({ scope }: Endpoint): boolean => scope !== 'none' && isForOwners(scope);
  const ofAccounts = rows.filter(([, endpoint]) => isOfAccounts(endpoint));
  const ofAll = rows.filter(([, endpoint]) => !isOfAccounts(endpoint));

  describe.each(Object.entries(credentials))('%s', (_, credential) => {
    it.each(ofAccounts)('%s answers about what is another’s as about what is missing', async (_id, endpoint) => {
      const headers = { ...request, ...bearer(await credential()) };
      const [foreign, absent] = [await send(endpoint, ofAlice, headers), await send(endpoint, missing, headers)];
      expect(withoutIds(foreign, ofAlice)).toEqual(withoutIds(absent, missing));
      const isEmptyList = ['{"accounts":[]}', '{"proposals":[]}'].includes(foreign.text);
      expect(isEmptyList || [403, 404].includes(foreign.status), foreign.text).toBe(true);
    });

    it.each(ofAll)('%s is not for owners', async (_id, endpoint) => {
      expectProblem(await send(endpoint, ofAlice, bearer(await credential())), 'FORBIDDEN');
    });
  });

  it('has changed nothing of anybody', async () => {
    const { body } = await client.get('/v1/accounts/bob-1', everything);
    expect(body).toMatchObject({ ledgerBalance: 10_000, version: 2 });
  });
});
