import { describe, expect, it } from 'vitest';
import { AUDIT, type CheckpointRow, checkpointsTable, type Drift } from '../../src/application/audit/audit-row.ts';
import { accessLogView, issuedKeyView, keysView, keyView } from '../../src/http/schemas/access.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { Caller, useGuardedWorld } from './guarded-world.ts';

const world = useGuardedWorld();
const path = '/v1/admin/keys';

const made = async (admin: Caller, rest: Json = {}): Promise<Json & { key: string; prefix: string }> =>
  bodyAs(issuedKeyView, await admin.post(path, { name: 'for a test', scopes: ['accounts:read'], ...rest }), 201);

const reading = (key: string): Promise<Reply> => new Caller(world.client, key).get('/v1/accounts');

describe('API keys over HTTP', () => {
  it('are told once, and kept as their SHA-256 alone', async () => {
    const admin = await world.caller();
    const { key, prefix } = await made(admin);
    expect(key).toMatch(/^daybook_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    expect((await reading(key)).status).toBe(200);
    const { text } = await admin.get(`${path}?limit=200`);
    expect(text).toContain(prefix);
    const secret = key.slice(-43);
    expect(text).not.toContain(secret);
    const { database } = world.parts;
    const stored = await database.connection
      .getClient()
      .db(database.connection.name)
      .collection('api_keys')
      .find()
      .toArray();
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('are listed in pages, each once', async () => {
    const admin = await world.caller();
    const prefixes = new Set<string>();
    for (let index = 0; index < 5; index += 1) prefixes.add((await made(admin)).prefix);
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = bodyAs(keysView, await admin.get(`${path}?limit=2${query}`));
      seen.push(...page.keys.map(({ prefix }) => prefix));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (const prefix of prefixes) expect(seen).toContain(prefix);
  });

  it('are rotated: the old one ends, at once or after a while', async () => {
    const admin = await world.caller();
    const { key, prefix } = await made(admin);
    const next = bodyAs(issuedKeyView, await admin.post(`${path}/${prefix}/rotate`, { keepOldForSeconds: 60 }));
    expect(next.prefix).toBe(prefix);
    expect((await reading(key)).status).toBe(200);
    const last = bodyAs(issuedKeyView, await admin.post(`${path}/${prefix}/rotate`, {}));
    for (const old of [key, next.key]) expectProblem(await reading(old), 'UNAUTHENTICATED');
    expect((await reading(last.key)).status).toBe(200);
  });

  it('are revoked for good', async () => {
    const admin = await world.caller();
    const { key, prefix } = await made(admin);
    const revoked = bodyAs(keyView, await admin.post(`${path}/${prefix}/revoke`, {}));
    expect(revoked.revokedAt).toBeDefined();
    expectProblem(await reading(key), 'UNAUTHENTICATED');
    expect(bodyAs(keyView, await admin.post(`${path}/${prefix}/revoke`, {}))).toEqual(revoked);
    expectProblem(await admin.post(`${path}/${prefix}/rotate`, {}), 'KEY_REVOKED', { prefix });
  });

  it('are changed by two at once as if by one after the other', async () => {
    const admin = await world.caller();
    const { prefix } = await made(admin);
    const replies = await Promise.all(Array.from({ length: 4 }, () => admin.post(`${path}/${prefix}/rotate`, {})));
    const keys = replies.filter(({ status }) => status === 200).map(({ body }) => String(body.key));
    const taken = await Promise.all(keys.map(reading));
    expect(taken.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each<[Json, string]>([
    [{ scopes: [] }, 'body /scopes'],
    [{ scopes: ['everything'] }, 'body /scopes/0'],
    [{ scopes: ['admin'], ownerId: 'alice' }, 'body /scopes'],
    [{ scopes: ['audit:read'], ownerId: 'alice' }, 'body /scopes'],
    [{ name: '' }, 'body /name'],
    [{ ownerId: 'a b' }, 'body /ownerId'],
    [{ secret: 'mine' }, 'body /secret'],
  ])('are not made with %j', async (wrong, place) => {
    const admin = await world.caller();
    expect(faultsOf(await admin.post(path, { name: 'a', scopes: ['accounts:read'], ...wrong }))).toEqual([place]);
  });

  it('are kept by nobody on the way', async () => {
    const admin = await world.caller();
    const reply = await admin.post(path, { name: 'a', scopes: ['accounts:read'] });
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });
});

describe('the access log over HTTP', () => {
  const logOf = async (admin: Caller, query = '') =>
    bodyAs(accessLogView, await admin.get(`/v1/admin/access-log?limit=200${query}`)).entries;

  it('has every act on a key as soon as it is answered', async () => {
    const admin = await world.caller();
    const [, admins = ''] = admin.credential.split('_');
    const { prefix } = await made(admin);
    await admin.post(`${path}/${prefix}/rotate`, {});
    await admin.post(`${path}/${prefix}/revoke`, {}, { 'X-Request-Id': 'the-end-of-it' });
    const acts = (await logOf(admin, `&actor=key:${admins}`)).filter(({ about }) => about === prefix);
    expect(acts.map(({ what }) => what)).toEqual(['revokeKey', 'rotateKey', 'createKey']);
    expect(acts[0]).toMatchObject({
      actor: `key:${admins}`,
      route: 'POST /v1/admin/keys/{prefix}/revoke',
      outcome: 'done',
      requestId: 'the-end-of-it',
    });
    expect(acts[0]?.from).toMatch(/127\.0\.0\.1$/);
  });

  it('has who was refused, and what was asked for', async () => {
    const [admin, alice, auditor] = await Promise.all([
      world.caller(),
      world.owner('alice'),
      world.caller({ scopes: ['audit:read'] }),
    ]);
    const nobody = new Caller(world.client, `daybook_0123456789ab_${'A'.repeat(43)}`);
    await nobody.get('/v1/accounts/secret-1');
    await auditor.post('/v1/accounts/secret-1/deposits', { amount: 1, currency: 'EUR' });
    await alice.get('/v1/accounts/secret-1/balance');
    const commands = [{ type: 'DepositMoney', idempotencyKey: 'k', accountId: 'a', amount: 1, currency: 'EUR' }];
    await alice.post('/v1/batches', { mode: 'independent', commands });
    const proposalId = '01900000-0000-7000-8000-000000000000';
    for (const hidden of [`transfers/secret-2`, `proposals/${proposalId}`, `accounts?ownerId=secret-3`]) {
      await alice.get(`/v1/${hidden}`);
    }
    await expect.poll(() => logOf(admin, '&outcome=not_own')).toHaveLength(4);
    const entries = await logOf(admin);
    const nameOf = ({ credential }: Caller): string => `key:${credential.split('_')[1] ?? ''}`;
    const said = entries
      .filter(({ outcome }) => outcome !== 'done')
      .map(({ actor, what, outcome, about }) => [actor, what, outcome, about]);
    expect(said).toContainEqual(['unknown', 'getAccount', 'unauthenticated', '0123456789ab']);
    expect(said).toContainEqual([nameOf(auditor), 'depositMoney', 'forbidden', undefined]);
    expect(said).toContainEqual([nameOf(alice), 'getBalance', 'not_own', 'secret-1']);
    expect(said).toContainEqual([nameOf(alice), 'getTransfer', 'not_own', 'secret-2']);
    expect(said).toContainEqual([nameOf(alice), 'getProposal', 'not_own', proposalId]);
    expect(said).toContainEqual([nameOf(alice), 'listAccounts', 'not_own', 'secret-3']);
    expect(said).toContainEqual([nameOf(alice), 'submitBatch', 'forbidden', undefined]);
  });

  it('is read in pages, each entry once, also while more come', async () => {
    const admin = await world.caller();
    for (let index = 0; index < 4; index += 1) await made(admin);
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined && seen.length < 50;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = bodyAs(accessLogView, await admin.get(`/v1/admin/access-log?limit=3${query}`));
      seen.push(...page.entries.map(({ entryId }) => entryId));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });

  it('says who reads it', async () => {
    const admin = await world.caller();
    await admin.get(path);
    await expect
      .poll(async () => (await logOf(admin)).map(({ what }) => what))
      .toEqual(expect.arrayContaining(['listKeys', 'getAccessLog']));
  });
});

describe('requests of one principal', () => {
  const limited = useGuardedWorld({ DAYBOOK_RATE_LIMIT: 5, DAYBOOK_OWNER_RATE_LIMIT: 2 });

  it('are so many in a minute, said in every answer; more are refused until it is over', async () => {
    const [one, other] = await Promise.all([limited.caller(), limited.caller()]);
    for (const left of [4, 3, 2, 1, 0]) {
      const { status, headers } = await one.get('/v1/accounts');
      expect(status).toBe(200);
      expect(headers.get('ratelimit-policy')).toMatch(/^"requests"; q=5; w=60\b/);
      expect(headers.get('ratelimit')).toContain(`r=${left}; t=`);
    }
    const refused = await one.get('/v1/accounts');
    expectProblem(refused, 'RATE_LIMITED', {});
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
    expect((await other.get('/v1/accounts')).status).toBe(200);
    expectProblem(await limited.client.get('/v1/accounts'), 'UNAUTHENTICATED');
    expect((await limited.client.get('/health')).status).toBe(200);
  });

  const withdrawals = (count: number): Json => ({
    mode: 'independent',
    commands: Array.from({ length: count }, (_, index) => ({
      ...{ type: 'WithdrawMoney', idempotencyKey: `${index}`, accountId: 'no-1', amount: 1, currency: 'EUR' },
    })),
  });

  it('are as many as there are commands in them', async () => {
    const one = await limited.caller();
    const batch = await one.post('/v1/batches', withdrawals(4));
    expect(batch.status).toBe(200);
    expect(batch.headers.get('ratelimit')).toContain('r=1; t=');
    expect((await one.get('/v1/accounts')).status).toBe(200);
    expectProblem(await one.get('/v1/accounts'), 'RATE_LIMITED', {});
  });

  it('that come all at once are carried out until there are too many', async () => {
    const one = await limited.caller();
    const replies = await Promise.all(Array.from({ length: 5 }, () => one.post('/v1/batches', withdrawals(1_000))));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 429, 429, 429, 429]);
  });

  it.each<[string, Json | undefined]>([
    ['what-if', { without: '01900000-0000-7000-8000-000000000000' }],
    ['what-if', { commands: withdrawals(5).commands }],
    ['balance?proof=1', undefined],
    ['statement?proof=1', undefined],
  ])('are several where they take a long look: %s', async (question, body) => {
    const one = await limited.caller();
    const address = `/v1/accounts/no-1/${question}`;
    await (body ? one.post(address, body) : one.get(address));
    expectProblem(await one.get('/v1/accounts'), 'RATE_LIMITED', {});
  });

  it('are fewer where it is bound to an owner', async () => {
    const alice = await limited.owner('alice');
    const statuses = [
      await alice.get('/v1/accounts'),
      await alice.get('/v1/accounts'),
      await alice.get('/v1/accounts'),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
  });
});

describe('what anybody hears, without a credential', () => {
  const place: Drift = {
    readModel: 'accounts',
    accountId: 'secret-account',
    fields: ['ledgerBalance'],
    problem: 'the row is not what the events give',
  };

  it('is how it is, and neither how many accounts and events there are nor which are wrong', async () => {
    const { storage } = world.parts.database;
    const walk = { pass: 3, accounts: 0, events: 0, more: 0, moreBefore: 0 };
    const state = { ...walk, auditedAccounts: 4_711, drift: [{ ...place, pass: 2 }] };
    const row: CheckpointRow = { _id: AUDIT, position: '', beat: 1, state };
    await storage.transactionally((work) => storage.table(checkpointsTable).write(work, [{ kind: 'insert', row }]));
    const { text, body } = await world.client.get('/health');
    expect(body).toMatchObject({ status: 'degraded', audit: { driftCount: 1 } });
    expect(Object.keys(body.journal as Json)).toEqual(['lagMs', 'isRefused']);
    expect(text).not.toMatch(/4711|secret-account|position/);
    const admin = await world.caller();
    const status = await admin.get('/v1/admin/status');
    expect(status.body).toMatchObject({ audit: { accounts: 4_711, drift: [place] } });
  });
});
