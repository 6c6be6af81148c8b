import { domainErrorCodes } from '../../domain/domain-error.ts';
import { prepare, submitEach, submitTogether } from '../batch.ts';
import { commands } from '../commands.ts';
import { defineEndpoint } from '../endpoint.ts';
import { proposableBy } from '../middleware/authentication.ts';
import { requestIdOf, spanOf } from '../middleware/request-context.ts';
import { presentResults } from '../presenters/batch.ts';
import type { Json } from '../presenters/wire.ts';
import type { ProblemCode } from '../problem-details.ts';
import { batchBody, batchView, MOST_COMMANDS } from '../schemas/batch.ts';
import { RETRY_AFTER, send } from '../send.ts';

const LARGEST_BODY = 1_024 * 1_024;

const rejected = new Set<ProblemCode>([
  ...Object.values(commands).flatMap(({ rejects }) => rejects),
  'APPROVAL_REQUIRED',
]);

export const submitBatch = defineEndpoint({
  method: 'post',
  path: '/v1/batches',
  id: 'submitBatch',
  tag: 'Money',
  scope: 'money:write',
  summary: `Carry out up to ${MOST_COMMANDS} commands with one request`,
  description:
    'Each command is what it is at its own address: the members of its body, those of its path, its `idempotencyKey`, and `ifMatch` ' +
    'where the address takes If-Match. Sent again alone or in another batch, it gives the same answer. The headers Idempotency-Key and ' +
    'If-Match mean nothing here. The body may have 1 MB.\n\n' +
    '`independent`: commands are submitted in their order, each has a result of its own, and none harms another. A command that the ' +
    'ledger cannot take now has a result with status 503; the others go on.\n\n' +
    '`atomic`: all in one transaction, each decided on what those before it leave behind. The first that is refused refuses all, with ' +
    'its own status and code, and `index`, its place in `commands`; nothing is written then. Commands that were done before under their ' +
    'key give their first answer again, and the rest is carried out.\n\n' +
    'A command above the amount that needs approval is proposed by an `independent` batch, as at its own address: its result has status ' +
    '202. An `atomic` batch is refused with APPROVAL_REQUIRED then, for no part of it can wait.\n\n' +
    'Events that reversals name are looked up before anything is submitted: EVENT_NOT_FOUND and NOT_REVERSIBLE come first, and what ' +
    'an earlier command of the same batch will record cannot be reversed yet.',
  body: batchBody,
  needsKey: false,
  largestBody: LARGEST_BODY,
  weight: ({ body: { commands: wanted } }) => wanted.length,
  answers: { 200: { description: 'A result for each command.', schema: batchView, headers: ['Retry-After'] } },
  rejects: domainErrorCodes.filter((code) => rejected.has(code)),
  handle: async (services, { body, rawBody, principal, response }) => {
    const { mode } = body;
    const raw = (rawBody as { commands: readonly Json[] }).commands;
    const proposable = mode === 'independent' && { proposable: proposableBy(principal, response) };
    const from = { requestId: requestIdOf(response), principal, span: spanOf(response), ...proposable };
    const prepared = await prepare(body.commands, raw, services, from);
    const { results, isIncomplete } =
      mode === 'atomic'
        ? { results: await submitTogether(prepared, services), isIncomplete: false }
        : await submitEach(prepared, services, response);
    const headers = isIncomplete ? RETRY_AFTER : {};
    send(response, { status: 200, type: 'application/json', body: presentResults(mode, results), headers });
  },
});
