import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, Reply } from '../support/api.ts';
import { type Caller, useGuardedWorld } from './guarded-world.ts';
import { expectProblem } from './expectations.ts';

const world = useGuardedWorld();
const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

let bank: Caller;
let alice: Caller;
let bob: Caller;
/** Accounts of this test: two of alice, one of bob. */
let [mine, myOther, his] = ['', '', ''];
let accounts = 0;

beforeAll(async () => {
  [bank, alice, bob] = await Promise.all([world.caller(), world.owner('alice'), world.owner('bob')]);
});

const open = async (ownerId: string, account: Json = {}): Promise<string> => {
  const accountId = `${ownerId}-${++accounts}`;
  const initialDeposit = { amount: 1_000 };
  await bank.done('/v1/accounts', { accountId, ownerId, currency: 'EUR', initialDeposit, ...account });
  return accountId;
};

beforeEach(async () => {
  [mine, myOther, his] = [await open('alice'), await open('alice'), await open('bob')];
});

const transferred = (from: string, to: string, amount = 1): Json => ({
  fromAccountId: from,
  toAccountId: to,
  ...eur(amount),
});

/** Whatever is said beside the ids of the two accounts. */
const saidOf = ({ status, text }: Reply, accountId: string): string =>
  `${status} ${text.replaceAll(accountId, '<id>').replaceAll(/"requestId":"[^"]+"/g, '')}`;

describe('an owner', () => {
  it('sees its own accounts in the list, whatever it filters by, and nobody else’s', async () => {
    const ids = async (caller: Caller, query = ''): Promise<readonly unknown[]> => {
      const { body } = await caller.get(`/v1/accounts?limit=200${query}`);
      return (body.accounts as readonly Json[]).map(({ ownerId }) => ownerId);
    };
    expect(new Set(await ids(alice))).toEqual(new Set(['alice']));
    expect(new Set(await ids(alice, '&ownerId=alice&status=active'))).toEqual(new Set(['alice']));
    expect(await ids(alice, '&ownerId=bob')).toEqual([]);
    expect(new Set(await ids(bank))).toEqual(new Set(['alice', 'bob']));
  });

  it('does not get further in another’s list with a cursor of it', async () => {
    const { body } = await bank.get('/v1/accounts?limit=1');
    const page = await alice.get(`/v1/accounts?limit=1&cursor=${String(body.nextCursor)}`);
    expect((page.body.accounts as readonly Json[]).map(({ ownerId }) => ownerId)).toEqual(['alice']);
  });

  it('hears of its own account before it was opened what it hears of a missing one', async () => {
    const then = '?asOf=1999-01-01T00:00:00Z';
    const [early, missing] = [
      await alice.get(`/v1/accounts/${mine}${then}`),
      await alice.get(`/v1/accounts/no-1${then}`),
    ];
    expect(saidOf(early, mine)).toBe(saidOf(missing, 'no-1'));
  });

  it.each([
    '?asOf=1999-01-01T00:00:00Z',
    '?asOf=2999-01-01T00:00:00Z',
    '?version=1',
    '?version=99',
    '?knownAt=2999-01-01T00:00:00Z',
    '',
  ])('hears of another’s account what it hears of a missing one, at any moment: %s', async (moment) => {
    for (const path of ['', '/balance', '/explain']) {
      const [foreign, missing] = [
        await alice.get(`/v1/accounts/${his}${path}${moment}`),
        await alice.get(`/v1/accounts/no-1${path}${moment}`),
      ];
      expect(saidOf(foreign, his)).toBe(saidOf(missing, 'no-1'));
      expect(foreign.status).toBe(404);
    }
  });

  it('pays out of its own account into any other, and not out of another’s', async () => {
    const { body } = await alice.post('/v1/transfers', transferred(mine, his, 10));
    expect(body).toMatchObject({ status: 'completed', from: { ledgerBalance: 990 } });
    const [foreign, missing] = [
      await alice.post('/v1/transfers', transferred(his, mine)),
      await alice.post('/v1/transfers', transferred('no-1', mine)),
    ];
    expect(saidOf(foreign, his)).toBe(saidOf(missing, 'no-1'));
    expect((await bob.get(`/v1/accounts/${his}`)).body.ledgerBalance).toBe(1_010);
  });

  it('dates nothing back on another’s account, whether there is one or not', async () => {
    const effectiveAt = new Date().toISOString();
    const dated = (to: string): Promise<Reply> =>
      alice.post('/v1/transfers', { ...transferred(mine, to), effectiveAt });
    const [foreign, missing] = [await dated(his), await dated('no-1')];
    expectProblem(foreign, 'FORBIDDEN');
    expect(saidOf(foreign, his)).toBe(saidOf(missing, 'no-1'));
    expect((await dated(myOther)).status).toBe(201);
    expect((await bank.post('/v1/transfers', { ...transferred(mine, his), effectiveAt })).status).toBe(201);
  });

  it('does not learn why another’s account takes no money: it might as well be missing', async () => {
    const frozen = await open('bob');
    await bank.done(`/v1/accounts/${frozen}/freeze`, { reason: 'a dispute' });
    const closed = await open('bob', { initialDeposit: undefined });
    await bank.done(`/v1/accounts/${closed}/close`, { reason: 'moved away' });
    const inDollars = await open('bob', { currency: 'USD' });
    const full = await open('bob', { initialDeposit: { amount: Number.MAX_SAFE_INTEGER } });
    const heard = async (to: string): Promise<string> =>
      saidOf(await alice.post('/v1/transfers', transferred(mine, to)), to);
    const missing = await heard('no-1');
    expect(missing).toContain('ACCOUNT_NOT_FOUND');
    for (const to of [frozen, closed, inDollars, full]) expect(await heard(to)).toBe(missing);
    expectProblem(await bank.post('/v1/transfers', transferred(mine, frozen)), 'ACCOUNT_FROZEN', { accountId: frozen });
  });

  it('sees a transfer from either side, and none between others', async () => {
    const sent = await alice.done('/v1/transfers', transferred(mine, his));
    const path = `/v1/transfers/${String(sent.transferId)}`;
    expect((await alice.get(path)).status).toBe(200);
    expect((await bob.get(path)).status).toBe(200);
    const carol = await world.owner('carol');
    const [foreign, missing] = [await carol.get(path), await carol.get(`/v1/transfers/${randomUUID()}`)];
    expect(foreign.text.length).toBe(missing.text.length);
    expectProblem(foreign, 'TRANSFER_NOT_FOUND', { transferId: sent.transferId });
  });

  it('is not told how many events the account has that paid it', async () => {
    const sent = await alice.done('/v1/transfers', transferred(mine, his));
    const { body } = await bob.get(`/v1/transfers/${String(sent.transferId)}`);
    expect(body.from).toEqual({ accountId: mine, eventId: (sent.from as Json).eventId });
  });

  const forbidden: readonly (readonly [string, () => [string, Json]])[] = [
    ['a deposit', () => [`/v1/accounts/${mine}/deposits`, eur(1)]],
    ['an overdraft limit', () => [`/v1/accounts/${mine}/overdraft-limit`, { overdraftLimit: 1 }]],
    ['unfreezing', () => [`/v1/accounts/${mine}/unfreeze`, { reason: 'please' }]],
    ['an account for somebody else', () => ['/v1/accounts', { ownerId: 'bob', currency: 'EUR' }]],
    ['an account with an overdraft', () => ['/v1/accounts', { ownerId: 'alice', currency: 'EUR', overdraftLimit: 1 }]],
    [
      'an account with money in it',
      () => ['/v1/accounts', { ownerId: 'alice', currency: 'EUR', initialDeposit: { amount: 1 } }],
    ],
  ];

  it.each(forbidden)('may not make money: %s', async (_, request) => {
    expectProblem(await alice.post(...request()), 'FORBIDDEN');
  });

  it('may do with its account what costs it money, or nothing', async () => {
    await alice.done(`/v1/accounts/${mine}/withdrawals`, eur(1));
    await alice.done(`/v1/accounts/${mine}/holds`, eur(2, { holdId: 'hold' }));
    await alice.done(`/v1/accounts/${mine}/holds/hold/capture`, {});
    await alice.done(`/v1/accounts/${mine}/freeze`, { reason: 'a lost phone' });
    const opened = await alice.done('/v1/accounts', { ownerId: 'alice', currency: 'EUR' });
    await alice.done(`/v1/accounts/${String(opened.accountId)}/close`, { reason: 'not needed' });
  });

  it('gives back what it was paid, and does not take back what it paid', async () => {
    const { from, to } = (await alice.done('/v1/transfers', transferred(mine, his, 10))) as Record<'from' | 'to', Json>;
    const reverse = (caller: Caller, eventId: unknown): Promise<Reply> =>
      caller.post('/v1/reversals', { eventId, amount: 4, reason: 'a mistake' });
    expectProblem(await reverse(alice, from.eventId), 'FORBIDDEN');
    const [foreign, missing] = [await reverse(alice, to.eventId), await reverse(alice, randomUUID())];
    expectProblem(foreign, 'EVENT_NOT_FOUND', { eventId: to.eventId });
    expectProblem(missing, 'EVENT_NOT_FOUND');
    expect((await reverse(bob, to.eventId)).status).toBe(201);
    expect((await alice.get(`/v1/accounts/${mine}`)).body.ledgerBalance).toBe(994);
  });

  it('does not learn from its kind that an event of another exists', async () => {
    const { body } = await bob.get(`/v1/accounts/${his}/events?limit=1`);
    const [opening] = body.events as readonly Json[];
    const reversal = { eventId: opening?.eventId, reason: 'a try' };
    expectProblem(await bob.post('/v1/reversals', reversal), 'NOT_REVERSIBLE');
    expectProblem(await alice.post('/v1/reversals', reversal), 'EVENT_NOT_FOUND', { eventId: opening?.eventId });
  });

  it('is told that the id that it wants for an account or a transfer is taken, and no more', async () => {
    const wanted = { accountId: his, ownerId: 'alice', currency: 'EUR' };
    expectProblem(await alice.post('/v1/accounts', wanted), 'ACCOUNT_ALREADY_EXISTS', { accountId: his });
    const transferId = randomUUID();
    await bob.done('/v1/transfers', { transferId, ...transferred(his, mine) });
    const taken = await alice.post('/v1/transfers', { transferId, ...transferred(mine, myOther) });
    expectProblem(taken, 'TRANSFER_ALREADY_EXISTS', { transferId });
  });

  it('is told that a transaction id was used, and not by which event of another', async () => {
    const transactionId = randomUUID();
    await bank.done(`/v1/accounts/${his}/deposits`, eur(1, { transactionId }));
    const used = await alice.post(`/v1/accounts/${mine}/withdrawals`, eur(1, { transactionId }));
    expectProblem(used, 'TRANSACTION_ALREADY_RECORDED', { transactionId });
  });
});

describe('a batch of an owner', () => {
  const command = (members: Json): Json => ({ idempotencyKey: randomUUID(), ...members });
  const withdrawal = (accountId: string): Json => command({ type: 'WithdrawMoney', accountId, ...eur(1) });
  const deposit = (accountId: string): Json => command({ type: 'DepositMoney', accountId, ...eur(1) });

  it('has a result for each command, as at its own address', async () => {
    const commands = [withdrawal(mine), withdrawal(his), withdrawal('no-1'), deposit(mine), withdrawal(myOther)];
    const { body } = await alice.post('/v1/batches', { mode: 'independent', commands });
    const results = body.results as readonly { status: number; problem?: Json }[];
    expect(results.map(({ status }) => status)).toEqual([201, 404, 404, 403, 201]);
    const [, foreign, missing] = results.map(({ problem }) => problem);
    expect({ ...foreign, accountId: 'x' }).toEqual({ ...missing, accountId: 'x' });
  });

  it('is refused as a whole by the first command that is not about its own', async () => {
    const atomic = (...commands: Json[]): Promise<Reply> => alice.post('/v1/batches', { mode: 'atomic', commands });
    expectProblem(await atomic(withdrawal(mine), withdrawal(his)), 'ACCOUNT_NOT_FOUND', { accountId: his, index: 1 });
    expect((await atomic(withdrawal(mine), deposit(mine))).body).toMatchObject({ code: 'FORBIDDEN', index: 1 });
    expect((await alice.get(`/v1/accounts/${mine}`)).body.ledgerBalance).toBe(1_000);
  });
});

describe('what an owner tries', () => {
  const rejected = (reply: Reply): unknown =>
    (reply.body.results as readonly { problem?: { code: string } }[]).map(({ problem }) => problem?.code);
  const whatIf = (body: Json): Promise<Reply> => alice.post(`/v1/accounts/${mine}/what-if`, body);
  const from = (accountId: string, to: string, amount: number): Json => ({
    type: 'TransferMoney',
    ...transferred(accountId, to, amount),
  });

  it('says nothing about another’s account, however much is tried', async () => {
    const rich = { type: 'DepositMoney', accountId: mine, ...eur(Number.MAX_SAFE_INTEGER - 1_000) };
    const amounts = [1, 999, 1_000, 1_001, Number.MAX_SAFE_INTEGER - 1_000];
    for (const amount of amounts) {
      const tries = await whatIf({ commands: [rich, from(mine, his, amount), from(his, mine, amount)] });
      expect(rejected(tries)).toEqual([undefined, 'ACCOUNT_NOT_FOUND', 'ACCOUNT_NOT_FOUND']);
    }
    expect(rejected(await whatIf({ commands: [from(mine, myOther, 1)] }))).toEqual([undefined]);
  });

  it('is no way to ask how much the payer of a transfer had', async () => {
    const { to } = (await bob.done('/v1/transfers', transferred(his, mine, 10))) as Record<'to', Json>;
    for (const amount of [11, 999, 1_000, 1_001, 5_000]) {
      const { body } = await whatIf({ change: { eventId: to.eventId, amount } });
      const [first] = body.events as readonly { outcome: string; problem?: { code: string } }[];
      expect(first).toMatchObject({ outcome: 'rejected', problem: { code: 'ACCOUNT_NOT_FOUND' } });
    }
  });

  it('explains its own account only', async () => {
    const judged = (command: Json): Promise<Reply> => alice.post(`/v1/accounts/${mine}/explain`, { command });
    expect((await judged(from(mine, myOther, 2_000))).body).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect((await judged(from(mine, his, 1))).body).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    expect((await judged(from(mine, 'no-1', 1))).body).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('an idempotency key', () => {
  it('belongs to the principal: nobody else hears its answer', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const post = (caller: Caller): Promise<Reply> => caller.post(`/v1/accounts/${mine}/withdrawals`, eur(1), key);
    const others = await world.caller();
    const replies = [await post(alice), await post(bank), await post(others)];
    expect(replies.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual(
      Array.from({ length: 3 }, () => [201, null]),
    );
    expect(new Set(replies.map(({ body }) => body.eventId)).size).toBe(3);
    expectProblem(await bob.post(`/v1/accounts/${mine}/withdrawals`, eur(1), key), 'ACCOUNT_NOT_FOUND');
    expect((await post(alice)).text).toBe(replies[0]?.text);
  });

  it('is still the principal’s own when its API key has been rotated', async () => {
    const { access } = world.parts;
    const before = await world.caller();
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await before.post(`/v1/accounts/${mine}/withdrawals`, eur(1), key);
    const [, prefix = ''] = before.credential.split('_');
    const rotated = await bank.done(`/v1/admin/keys/${prefix}/rotate`, {});
    const again = await world.client.post(`/v1/accounts/${mine}/withdrawals`, eur(1), {
      ...key,
      Authorization: `Bearer ${String(rotated.key)}`,
    });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(access.isOpen).toBe(false);
  });

  it('stands in the event with who asked', async () => {
    await alice.post(`/v1/accounts/${mine}/withdrawals`, eur(1));
    const { body } = await alice.get(`/v1/accounts/${mine}/events`);
    const [, prefix = ''] = alice.credential.split('_');
    const actors = (body.events as readonly { metadata: Json }[]).map(({ metadata }) => metadata.actor);
    expect(actors.at(-1)).toBe(`key:${prefix}`);
  });
});
