import { z } from 'zod';
import { domainErrorCodes } from '../../domain/domain-error.ts';
import { commandOf } from '../claim.ts';
import { commands } from '../commands.ts';
import { defineEndpoint } from '../endpoint.ts';
import { originOf, whoAsks } from '../middleware/authentication.ts';
import { requestIdOf, spanOf } from '../middleware/request-context.ts';
import { presentProposal } from '../presenters/proposal.ts';
import type { Json } from '../presenters/wire.ts';
import type { ProblemCode } from '../problem-details.ts';
import { requestHashOf } from '../request-hash.ts';
import { holdReceiptView } from '../schemas/hold-views.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { proposalId, proposalStatus, proposalsView, proposalView } from '../schemas/proposals.ts';
import { reason } from '../schemas/text.ts';
import { accountView, receiptView, reversalView, transferView } from '../schemas/views.ts';
import { sendJson, sendOutcome } from './answer.ts';

const path = '/v1/proposals';
const tag = 'Proposals';
const params = z.strictObject({ proposalId });
const ending = { method: 'post' as const, tag, params, isQuery: true as const, needsKey: false as const };

export const listProposals = defineEndpoint({
  method: 'get',
  path,
  id: 'listProposals',
  tag,
  scope: 'accounts:read',
  summary: 'Commands that were proposed, the oldest first',
  description: 'Whoever is bound to an owner sees what was proposed by principals of that owner.',
  query: z.strictObject({ status: proposalStatus.exactOptional(), limit, cursor: cursor.exactOptional() }),
  answers: { 200: { description: 'One page.', schema: proposalsView } },
  rejects: [],
  handle: async ({ proposals, clock }, { query, response }) => {
    const { limit, cursor: text, ...filter } = query;
    const list = `proposals ${JSON.stringify(filter)}`;
    const after = text === undefined ? undefined : decodeCursor(list, text, z.uuid());
    // One more than asked for says whether there is a next page.
    const rows = await proposals.list({ ...filter, limit: limit + 1, ...(after !== undefined && { after }) });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const now = clock.now();
    const shown = page.map((row) => presentProposal(row, now));
    sendJson(response, { proposals: shown, nextCursor: last && encodeCursor(list, last._id) });
  },
});

export const getProposal = defineEndpoint({
  method: 'get',
  path: `${path}/{proposalId}`,
  id: 'getProposal',
  tag,
  scope: 'accounts:read',
  summary: 'One proposal, and what became of it',
  params,
  answers: { 200: { description: 'The proposal.', schema: proposalView } },
  rejects: ['PROPOSAL_NOT_FOUND'],
  handle: async ({ proposals, clock }, { params, response }) => {
    sendJson(response, presentProposal(await proposals.find(params.proposalId), clock.now()));
  },
});

const proposable = Object.values(commands).filter(({ answers }) => 202 in answers);
// What was looked up when it was proposed is part of the command.
const asked = new Set<ProblemCode>(['EVENT_NOT_FOUND', 'NOT_REVERSIBLE', 'IDEMPOTENCY_KEY_REUSED']);
const ofCommands = new Set(proposable.flatMap(({ rejects }) => rejects).filter((code) => !asked.has(code)));
const approveAddress = `${path}/{proposalId}/approve`;

export const approveProposal = defineEndpoint({
  method: 'post',
  path: approveAddress,
  id: 'approveProposal',
  tag,
  scope: 'money:approve',
  summary: 'Carry out what another principal has proposed',
  description:
    'The answer is that of the command. Its rules are asked now: where one says no, that is answered, and the proposal stays pending. ' +
    'Where it names no `effectiveAt`, it counts from now; its If-Match holds now. The events name its maker as `actor`, the proposal as ' +
    '`causationId` and whoever approves it as `approvedBy`.',
  params,
  body: z.strictObject({}),
  answers: {
    201: {
      description: 'What the command did.',
      schema: z.union([receiptView, holdReceiptView, transferView, accountView, reversalView]),
      headers: ['ETag', 'Location'],
    },
  },
  rejects: [
    'PROPOSAL_NOT_FOUND',
    'OWN_PROPOSAL',
    'IDEMPOTENCY_KEY_REUSED',
    'PROPOSAL_NOT_PENDING',
    ...domainErrorCodes.filter((code) => ofCommands.has(code)),
  ],
  handle: async ({ ledger, proposals, newEventId }, call) => {
    const { params, rawBody, principal, idempotencyKey, response } = call;
    const { proposalId } = params;
    const { wish, transactionId, expected } = await proposals.findToApprove(proposalId, principal.id);
    const address = approveAddress.replace('{proposalId}', proposalId);
    const claim = {
      requestId: requestIdOf(response),
      span: spanOf(response),
      principal,
      idempotency: { key: idempotencyKey, requestHash: requestHashOf(address, rawBody as Json) },
      versions: expected?.versions,
      approves: { proposalId, ...originOf(response) },
    };
    const command = { wish, transactionId, ...(expected && { accountId: expected.accountId }) };
    sendOutcome(response, await ledger.submit(commandOf(command, claim, newEventId)));
  },
});

export const rejectProposal = defineEndpoint({
  ...ending,
  path: `${path}/{proposalId}/reject`,
  id: 'rejectProposal',
  scope: 'money:approve',
  summary: 'Refuse what another principal has proposed, for good',
  description: 'There is no Idempotency-Key: sent twice by the same principal, it is answered the same.',
  body: z.strictObject({ reason }).meta({ id: 'RejectProposal' }),
  answers: { 200: { description: 'The proposal.', schema: proposalView } },
  rejects: ['PROPOSAL_NOT_FOUND', 'OWN_PROPOSAL', 'PROPOSAL_NOT_PENDING'],
  handle: async ({ proposals, clock }, { params, body, response }) => {
    const row = await proposals.reject(params.proposalId, body.reason, whoAsks(response.req, response));
    sendJson(response, presentProposal(row, clock.now()));
  },
});

export const cancelProposal = defineEndpoint({
  ...ending,
  path: `${path}/{proposalId}/cancel`,
  id: 'cancelProposal',
  scope: 'money:write',
  summary: 'Take back what one has proposed oneself',
  description: 'Only its maker may. There is no Idempotency-Key: sent twice, it is answered the same.',
  body: z.strictObject({}),
  answers: { 200: { description: 'The proposal.', schema: proposalView } },
  rejects: ['PROPOSAL_NOT_FOUND', 'PROPOSAL_NOT_PENDING'],
  handle: async ({ proposals, clock }, { params, response }) => {
    const row = await proposals.cancel(params.proposalId, whoAsks(response.req, response));
    sendJson(response, presentProposal(row, clock.now()));
  },
});
