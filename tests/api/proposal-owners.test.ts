import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { proposalsView } from '../../src/http/schemas/proposals.ts';
import type { Json } from '../support/api.ts';
import { bodyAs, expectProblem } from './expectations.ts';
import { type Caller, useGuardedWorld } from './guarded-world.ts';
import { addressOf, approve, eur, found, limits, MOST_ALONE, proposed } from './proposing.ts';

const world = useGuardedWorld({}, limits);
const NEVER = { proposalId: '01900000-0000-7000-8000-000000000000' };

let bank: Caller;
let checker: Caller;
let alice: Caller;
let aliceChecks: Caller;
let bob: Caller;
let his: string;
let mine: string;

const open = async (ownerId: string): Promise<string> => {
  const accountId = `${ownerId}-${randomUUID()}`;
  await bank.done('/v1/accounts', { accountId, ownerId, currency: 'EUR', initialDeposit: { amount: MOST_ALONE } });
  await bank.done(`/v1/accounts/${accountId}/deposits`, eur(MOST_ALONE));
  return accountId;
};

beforeAll(async () => {
  const ofOwner = (ownerId: string): Promise<Caller> =>
    world.caller({ ownerId, scopes: ['accounts:read', 'money:write', 'money:approve'] });
  bank = await world.caller({ scopes: ['accounts:read', 'money:write'] });
  checker = await world.caller({ scopes: ['accounts:read', 'money:approve'] });
  [alice, aliceChecks, bob] = [await ofOwner('alice'), await ofOwner('alice'), await ofOwner('bob')];
  [mine, his] = [await open('alice'), await open('bob')];
});

const paid = (): Json => ({ fromAccountId: mine, toAccountId: his, ...eur(MOST_ALONE + 1) });

const listedFor = async (caller: Caller): Promise<readonly string[]> =>
  bodyAs(proposalsView, await caller.get('/v1/proposals?limit=200')).proposals.map(({ proposalId }) => proposalId);

describe('a proposal of an owner', () => {
  it('is seen and approved by a second principal of that owner, and by whoever sees all accounts', async () => {
    const [first, second] = [
      await proposed(alice, '/v1/transfers', paid()),
      await proposed(alice, '/v1/transfers', paid()),
    ];
    for (const caller of [alice, aliceChecks, checker]) {
      expect(await listedFor(caller)).toEqual([first.proposalId, second.proposalId]);
    }
    expectProblem(await approve(alice, first), 'OWN_PROPOSAL');
    expect((await approve(aliceChecks, first)).status).toBe(201);
    // Which money there is, is asked again.
    expectProblem(await approve(checker, second), 'INSUFFICIENT_FUNDS');
    await bank.done(`/v1/accounts/${mine}/deposits`, eur(MOST_ALONE));
    expect((await approve(checker, second)).status).toBe(201);
    expect((await found(alice, second)).status).toBe('approved');
  });

  it('is to another owner, and to its receiver, what a missing one is', async () => {
    await bank.done(`/v1/accounts/${mine}/deposits`, eur(MOST_ALONE));
    const proposal = await proposed(alice, '/v1/transfers', paid());
    expect(await listedFor(bob)).toEqual([]);
    const said = (text: string, { proposalId }: { readonly proposalId: string }): string =>
      text.replaceAll(proposalId, '<id>').replace(/"requestId":"[^"]*"/, '');
    const asks: readonly (readonly [string, Json | undefined])[] = [
      ['', undefined],
      ['/approve', {}],
      ['/reject', { reason: 'no' }],
      ['/cancel', {}],
    ];
    for (const [act, body] of asks) {
      const ask = (one: { readonly proposalId: string }) =>
        body ? bob.post(addressOf(one, act), body) : bob.get(addressOf(one, act));
      const [foreign, missing] = [await ask(proposal), await ask(NEVER)];
      expectProblem(foreign, 'PROPOSAL_NOT_FOUND');
      expect(said(foreign.text, proposal)).toBe(said(missing.text, NEVER));
    }
    expect(await found(alice, proposal)).toEqual(proposal);
    expect((await alice.post(addressOf(proposal, '/cancel'), {})).body.status).toBe('cancelled');
  });

  it('is none where the owner may not ask for it, whatever the amount', async () => {
    expectProblem(await alice.post(`/v1/accounts/${mine}/deposits`, eur(MOST_ALONE + 1)), 'FORBIDDEN');
    expectProblem(
      await alice.post('/v1/transfers', { ...paid(), fromAccountId: his, toAccountId: mine }),
      'ACCOUNT_NOT_FOUND',
    );
  });

  it('of the bank about its account is not its own', async () => {
    const proposal = await proposed(bank, `/v1/accounts/${mine}/deposits`, eur(MOST_ALONE + 1));
    expectProblem(await aliceChecks.get(addressOf(proposal)), 'PROPOSAL_NOT_FOUND');
    expectProblem(await approve(aliceChecks, proposal), 'PROPOSAL_NOT_FOUND');
    expect((await approve(checker, proposal)).status).toBe(201);
  });
});
