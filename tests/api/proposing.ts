import { expect } from 'vitest';
import { proposalView } from '../../src/http/schemas/proposals.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs } from './expectations.ts';
import type { Caller } from './guarded-world.ts';

/** More than this needs approval, in the worlds of these tests. */
export const MOST_ALONE = 1_000;
export const limits = { DAYBOOK_APPROVAL_ABOVE: new Map([['EUR', BigInt(MOST_ALONE)]]) };

export const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });

export const addressOf = ({ proposalId }: { readonly proposalId: string }, act = ''): string =>
  `/v1/proposals/${proposalId}${act}`;

/** A reply that says that the command was proposed. */
export const asProposed = (reply: Reply) => {
  const proposal = bodyAs(proposalView, reply, 202);
  expect(proposal.status).toBe('pending');
  expect(reply.headers.get('location')).toBe(addressOf(proposal));
  return proposal;
};

export const proposed = async (maker: Caller, path: string, body: Json) => asProposed(await maker.post(path, body));

export const approve = (
  checker: Caller,
  proposal: { readonly proposalId: string },
  headers: Record<string, string> = {},
): Promise<Reply> => checker.post(addressOf(proposal, '/approve'), {}, headers);

export const found = async (caller: Caller, proposal: { readonly proposalId: string }) =>
  bodyAs(proposalView, await caller.get(addressOf(proposal)));
