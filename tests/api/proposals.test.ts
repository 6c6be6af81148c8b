import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { scopes } from '../../src/application/access/principal.ts';
import { accessLogView } from '../../src/http/schemas/access.ts';
import { proposalsView } from '../../src/http/schemas/proposals.ts';
import type { Json } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf, uuidV7 } from './expectations.ts';
import { type Caller, useGuardedWorld } from './guarded-world.ts';
import { addressOf, approve, asProposed, eur, found, limits, MOST_ALONE, proposed } from './proposing.ts';

const ABOVE = MOST_ALONE + 1;
const world = useGuardedWorld({}, limits);

let maker: Caller;
let checker: Caller;

beforeAll(async () => {
  maker = await world.caller({ scopes: ['accounts:read', 'money:write'] });
  checker = await world.caller({ scopes: ['accounts:read', 'money:approve'] });
});

const idOf = (caller: Caller): string => `key:${caller.credential.split('_')[1] ?? ''}`;

/** An account with as much as three commands may move. */
const funded = async (account: Json = {}): Promise<string> => {
  const { accountId } = await maker.done('/v1/accounts', { ownerId: 'owner', currency: 'EUR', ...account });
  for (let times = 0; times < 3; times += 1) {
    await maker.done(`/v1/accounts/${String(accountId)}/deposits`, eur(MOST_ALONE));
  }
  return String(accountId);
};

const accountOf = async (accountId: string): Promise<Json> => (await maker.get(`/v1/accounts/${accountId}`)).body;

const eventsOf = async (accountId: string): Promise<readonly Json[]> =>
  (await maker.get(`/v1/accounts/${accountId}/events?limit=200`)).body.events as Json[];

/** An approved command of 2,000, as something to take back. */
const paidIn = async (accountId: string): Promise<string> => {
  const reply = await approve(checker, await proposed(maker, `/v1/accounts/${accountId}/deposits`, eur(2_000)));
  return String(reply.body.eventId);
};

const held = async (accountId: string, amount: number): Promise<string> => {
  const { holdId } = await maker.done(`/v1/accounts/${accountId}/holds`, eur(amount));
  return `/v1/accounts/${accountId}/holds/${String(holdId)}/capture`;
};

type Way = {
  readonly command: string;
  /** What approval makes of the balance. */
  readonly difference: number;
  readonly ask: (accountId: string) => Promise<readonly [path: string, body: Json]>;
};

const ways: Readonly<Record<string, Way>> = {
  'a deposit': {
    command: 'DepositMoney',
    difference: ABOVE,
    ask: (id) => Promise.resolve([`/v1/accounts/${id}/deposits`, eur(ABOVE, { source: 'cash' })]),
  },
  'a withdrawal': {
    command: 'WithdrawMoney',
    difference: -ABOVE,
    ask: (id) => Promise.resolve([`/v1/accounts/${id}/withdrawals`, eur(ABOVE, { metadata: { 'a.b': 'c' } })]),
  },
  'a transfer': {
    command: 'TransferMoney',
    difference: -ABOVE,
    ask: async (id) => ['/v1/transfers', { fromAccountId: id, toAccountId: await funded(), ...eur(ABOVE) }],
  },
  'the capture of a part of a hold': {
    command: 'CaptureHold',
    difference: -ABOVE,
    ask: async (id) => [await held(id, 2_000), { amount: ABOVE }],
  },
  'the capture of a hold that says no amount': {
    command: 'CaptureHold',
    difference: -2_000,
    ask: async (id) => [await held(id, 2_000), {}],
  },
  'a reversal in part': {
    command: 'ReverseTransaction',
    difference: -ABOVE,
    ask: async (id) => ['/v1/reversals', { eventId: await paidIn(id), amount: ABOVE, reason: 'a mistake' }],
  },
  'a reversal that says no amount': {
    command: 'ReverseTransaction',
    difference: -2_000,
    ask: async (id) => ['/v1/reversals', { eventId: await paidIn(id), reason: 'a mistake' }],
  },
};

describe.each(Object.entries(ways))('above the amount, %s', (_, { command, difference, ask }) => {
  it('is proposed, and carried out when another approves it', async () => {
    const accountId = await funded();
    const [path, body] = await ask(accountId);
    const before = await accountOf(accountId);
    const proposal = await proposed(maker, path, body);
    const asked = body as { readonly amount?: number };
    expect(proposal).toMatchObject({
      proposalId: expect.stringMatching(uuidV7) as string,
      command: { type: command, ...asked },
      amount: Math.abs(difference),
      currency: 'EUR',
      proposedBy: idOf(maker),
    });
    expect(await accountOf(accountId)).toEqual(before);
    expect(await found(checker, proposal)).toEqual(proposal);

    const reply = await approve(checker, proposal);
    expect(reply.status, reply.text).toBe(201);
    const after = await accountOf(accountId);
    expect(Number(after.ledgerBalance) - Number(before.ledgerBalance)).toBe(difference);
    const event = (await eventsOf(accountId)).at(-1);
    expect(event).toMatchObject({
      metadata: {
        actor: idOf(maker),
        approvedBy: idOf(checker),
        causationId: proposal.proposalId,
        correlationId: reply.headers.get('x-request-id'),
        command,
      },
    });
    const approved = await found(maker, proposal);
    expect(approved).toMatchObject({ status: 'approved', decidedBy: idOf(checker), decidedAt: event?.recordedAt });
    expect(approved.eventIds).toContain(event?.eventId);
    expectProblem(await approve(checker, proposal), 'PROPOSAL_NOT_PENDING', {
      proposalId: proposal.proposalId,
      proposalStatus: 'approved',
    });
  });
});

describe('an opening', () => {
  it('with a first deposit above the amount is proposed as a whole', async () => {
    const accountId = randomUUID();
    const body = { accountId, ownerId: 'owner', currency: 'EUR', initialDeposit: { amount: ABOVE } };
    const proposal = await proposed(maker, '/v1/accounts', body);
    expect(proposal.command).toMatchObject({ type: 'OpenAccount', accountId, initialDeposit: { amount: ABOVE } });
    expectProblem(await maker.get(`/v1/accounts/${accountId}`), 'ACCOUNT_NOT_FOUND');
    const reply = await approve(checker, proposal);
    expect(reply.headers.get('location')).toBe(`/v1/accounts/${accountId}`);
    expect(reply.body).toMatchObject({ accountId, ledgerBalance: ABOVE, version: 2 });
    expect((await found(maker, proposal)).eventIds).toHaveLength(2);
  });

  it('and a limit or a hold of any size move nothing, and need no approval', async () => {
    const { accountId } = await maker.done('/v1/accounts', {
      ownerId: 'owner',
      currency: 'EUR',
      overdraftLimit: 5_000,
      initialDeposit: { amount: MOST_ALONE },
    });
    await maker.done(`/v1/accounts/${String(accountId)}/overdraft-limit`, { overdraftLimit: 9_000 });
    await maker.done(`/v1/accounts/${String(accountId)}/holds`, eur(5_000));
  });
});

describe('what needs approval', () => {
  it('is more than the amount, in its currency', async () => {
    const accountId = await funded();
    expect((await maker.post(`/v1/accounts/${accountId}/withdrawals`, eur(MOST_ALONE))).status).toBe(201);
    const dollars = { currency: 'USD', ownerId: 'owner', initialDeposit: { amount: 1_000_000 } };
    expect((await maker.post('/v1/accounts', dollars)).status).toBe(201);
  });

  it('must be allowed by the rules when it is proposed', async () => {
    const accountId = await funded();
    const path = `/v1/accounts/${accountId}/withdrawals`;
    expectProblem(await maker.post(path, eur(5_000)), 'INSUFFICIENT_FUNDS');
    expectProblem(await maker.post('/v1/accounts/absent/deposits', eur(5_000)), 'ACCOUNT_NOT_FOUND');
    expectProblem(await maker.post(path, eur(ABOVE), { 'If-Match': '"99"' }), 'VERSION_MISMATCH');
  });

  it('is the same proposal where the key and the request are the same', async () => {
    const path = `/v1/accounts/${await funded()}/deposits`;
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await maker.post(path, eur(ABOVE), key);
    const proposal = asProposed(first);
    const again = await maker.post(path, eur(ABOVE), key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(addressOf(proposal));
    expectProblem(await maker.post(path, eur(ABOVE + 1), key), 'IDEMPOTENCY_KEY_REUSED');
    await approve(checker, proposal);
    expect((await maker.post(path, eur(ABOVE), key)).text).toBe(first.text);
  });
});

describe('a batch', () => {
  const commands = (accountId: string): readonly Json[] =>
    [5, ABOVE].map((amount) => ({ type: 'DepositMoney', idempotencyKey: randomUUID(), accountId, ...eur(amount) }));

  it('that is independent proposes what needs approval, and carries out the others', async () => {
    const accountId = await funded();
    const { body, status } = await maker.post('/v1/batches', { mode: 'independent', commands: commands(accountId) });
    expect(status).toBe(200);
    const [done, waiting] = body.results as { status: number; body: { proposalId: string }; location: string }[];
    expect(done?.status).toBe(201);
    expect(waiting).toMatchObject({ status: 202, body: { status: 'pending', amount: ABOVE } });
    expect(waiting?.location).toBe(waiting && addressOf(waiting.body));
    expect((await approve(checker, waiting?.body ?? { proposalId: '' })).status).toBe(201);
    expect((await accountOf(accountId)).ledgerBalance).toBe(3 * MOST_ALONE + 5 + ABOVE);
  });

  it.each([1, 2])('that is atomic is refused, and nothing of its last %i is done', async (count) => {
    const accountId = await funded();
    const before = await accountOf(accountId);
    const reply = await maker.post('/v1/batches', { mode: 'atomic', commands: commands(accountId).slice(-count) });
    expectProblem(reply, 'APPROVAL_REQUIRED', { amount: String(ABOVE), currency: 'EUR', index: count - 1 });
    expect(await accountOf(accountId)).toEqual(before);
  });
});

describe('an approval', () => {
  it('is given by another than the maker, whatever scopes the maker has', async () => {
    const both = await world.caller({ scopes: [...scopes] });
    const proposal = await proposed(both, `/v1/accounts/${await funded()}/deposits`, eur(ABOVE));
    for (const [act, body] of [
      ['/approve', {}],
      ['/reject', { reason: 'mine' }],
    ] as const) {
      expectProblem(await both.post(addressOf(proposal, act), body), 'OWN_PROPOSAL', {
        proposalId: proposal.proposalId,
      });
    }
    expectProblem(await approve(maker, proposal), 'FORBIDDEN');
    expect(await found(both, proposal)).toEqual(proposal);
    const ofBoth = `/v1/admin/access-log?outcome=forbidden&actor=${encodeURIComponent(idOf(both))}`;
    const refusals = async (): Promise<readonly (string | undefined)[][]> =>
      bodyAs(accessLogView, await both.get(ofBoth)).entries.map(({ what, about }) => [what, about]);
    await expect.poll(refusals).toEqual([
      ['rejectProposal', proposal.proposalId],
      ['approveProposal', proposal.proposalId],
    ]);
  });

  it('is answered the same with the same key, and has one effect', async () => {
    const accountId = await funded();
    const proposal = await proposed(maker, `/v1/accounts/${accountId}/deposits`, eur(ABOVE));
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await approve(checker, proposal, key);
    const again = await approve(checker, proposal, key);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await proposed(maker, `/v1/accounts/${accountId}/deposits`, eur(ABOVE));
    expectProblem(await approve(checker, other, key), 'IDEMPOTENCY_KEY_REUSED');
    expect((await accountOf(accountId)).ledgerBalance).toBe(3 * MOST_ALONE + ABOVE);
  });

  it('that a rule refuses leaves the proposal pending, to be approved later with the same key', async () => {
    const accountId = await funded();
    const proposal = await proposed(maker, `/v1/accounts/${accountId}/withdrawals`, eur(2_500));
    await maker.done(`/v1/accounts/${accountId}/withdrawals`, eur(MOST_ALONE));
    const key = { 'Idempotency-Key': randomUUID() };
    expectProblem(await approve(checker, proposal, key), 'INSUFFICIENT_FUNDS');
    expect(await found(maker, proposal)).toEqual(proposal);
    await maker.done(`/v1/accounts/${accountId}/deposits`, eur(MOST_ALONE));
    expect((await approve(checker, proposal, key)).body).toMatchObject({ ledgerBalance: 500 });
  });

  it('keeps to the If-Match and the transaction id of the maker', async () => {
    const accountId = await funded();
    const path = `/v1/accounts/${accountId}/deposits`;
    const transactionId = randomUUID();
    const strict = asProposed(await maker.post(path, eur(ABOVE), { 'If-Match': '"4"' }));
    const named = await proposed(maker, path, eur(ABOVE, { transactionId }));
    const twin = await proposed(maker, path, eur(ABOVE, { transactionId }));
    expect(named.transactionId).toBe(transactionId);
    const reply = await approve(checker, named);
    expect(reply.body).toMatchObject({ transactionId, version: 5 });
    expectProblem(await approve(checker, twin), 'TRANSACTION_ALREADY_RECORDED', {
      transactionId,
      eventId: reply.body.eventId,
    });
    expectProblem(await approve(checker, strict), 'VERSION_MISMATCH', { accountId, version: '5' });
    expect((await found(maker, strict)).status).toBe('pending');
  });

  it('counts from when it is given, unless the maker said otherwise', async () => {
    const accountId = await funded({ effectiveAt: '2020-01-01T00:00:00Z' });
    const path = `/v1/accounts/${accountId}/deposits`;
    const effectiveAt = '2021-03-15T14:47:00.000Z';
    const dated = await proposed(maker, path, eur(ABOVE, { effectiveAt }));
    expect(dated.command).toMatchObject({ effectiveAt });
    const undated = await proposed(maker, path, eur(ABOVE));
    expect((await approve(checker, dated)).body.effectiveAt).toBe(effectiveAt);
    const { body } = await approve(checker, undated);
    expect(body.effectiveAt).toBe(body.recordedAt);
    expect(Date.parse(String(body.effectiveAt))).toBeGreaterThan(Date.parse(undated.proposedAt));
  });
});

describe('a proposal', () => {
  const inOneWay = async (): Promise<Awaited<ReturnType<typeof proposed>>> =>
    proposed(maker, `/v1/accounts/${await funded()}/deposits`, eur(ABOVE));

  it('is rejected by another, for good and with a reason', async () => {
    const proposal = await inOneWay();
    const path = addressOf(proposal, '/reject');
    expect(faultsOf(await checker.post(path, {}))).toEqual(['body /reason']);
    const reply = await checker.post(path, { reason: 'no invoice' });
    expect(reply.body).toMatchObject({ status: 'rejected', decidedBy: idOf(checker), reason: 'no invoice' });
    expect((await checker.post(path, { reason: 'no invoice' })).text).toBe(reply.text);
    expectProblem(await checker.post(path, { reason: 'another' }), 'PROPOSAL_NOT_PENDING');
    expectProblem(await approve(checker, proposal), 'PROPOSAL_NOT_PENDING');
    expectProblem(await maker.post(addressOf(proposal, '/cancel'), {}), 'PROPOSAL_NOT_PENDING', {
      proposalId: proposal.proposalId,
      proposalStatus: 'rejected',
    });
  });

  it('is cancelled by its maker, and by nobody else', async () => {
    const proposal = await inOneWay();
    const path = addressOf(proposal, '/cancel');
    const other = await world.caller({ scopes: ['money:write'] });
    expectProblem(await other.post(path, {}), 'FORBIDDEN');
    expectProblem(await checker.post(path, {}), 'FORBIDDEN');
    const reply = await maker.post(path, {});
    expect(reply.body).toMatchObject({ status: 'cancelled', decidedBy: idOf(maker) });
    expect((await maker.post(path, {})).text).toBe(reply.text);
    expectProblem(await approve(checker, proposal), 'PROPOSAL_NOT_PENDING');
  });

  it('is written down in the access log, with how it ended', async () => {
    const [approved, rejected, cancelled] = [await inOneWay(), await inOneWay(), await inOneWay()];
    await approve(checker, approved);
    await checker.post(addressOf(rejected, '/reject'), { reason: 'no invoice' });
    await maker.post(addressOf(cancelled, '/cancel'), {});
    const { entries } = bodyAs(
      accessLogView,
      await (await world.caller()).get('/v1/admin/access-log?outcome=done&limit=200'),
    );
    const about = (proposal: { readonly proposalId: string }) =>
      entries
        .filter((entry) => entry.about === proposal.proposalId)
        .map(({ actor, what, route }) => [actor, what, route]);
    const wasProposed = [idOf(maker), 'propose', 'POST /v1/accounts/{accountId}/deposits'];
    const path = 'POST /v1/proposals/{proposalId}';
    expect(about(approved)).toEqual([[idOf(checker), 'approveProposal', `${path}/approve`], wasProposed]);
    expect(about(rejected)).toEqual([[idOf(checker), 'rejectProposal', `${path}/reject`], wasProposed]);
    expect(about(cancelled)).toEqual([[idOf(maker), 'cancelProposal', `${path}/cancel`], wasProposed]);
  });

  it('is listed by its status, the oldest first and each once', async () => {
    const made = [await inOneWay(), await inOneWay(), await inOneWay()];
    const listed = async (status: string): Promise<readonly string[]> => {
      const seen: string[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined;) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page = bodyAs(proposalsView, await checker.get(`/v1/proposals?limit=2&status=${status}${query}`));
        seen.push(...page.proposals.map(({ proposalId }) => proposalId));
        cursor = page.nextCursor;
      }
      expect(new Set(seen).size).toBe(seen.length);
      return seen;
    };
    const ids = made.map(({ proposalId }) => proposalId);
    expect((await listed('pending')).filter((id) => ids.includes(id))).toEqual(ids);
    await approve(checker, made[1] ?? { proposalId: '' });
    expect((await listed('pending')).filter((id) => ids.includes(id))).toEqual([ids[0], ids[2]]);
    expect((await listed('approved')).filter((id) => ids.includes(id))).toEqual([ids[1]]);
    expect(await listed('expired')).toEqual([]);
  });
});
