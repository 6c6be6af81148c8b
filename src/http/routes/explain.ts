import { z } from 'zod';
import type { ExplainPosition } from '../../application/queries/explain-balance.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { commands } from '../commands.ts';
import { defineEndpoint } from '../endpoint.ts';
import { requestIdOf } from '../middleware/request-context.ts';
import { presentExplanation, presentJudgement } from '../presenters/explain.ts';
import { explanationView, judgedBody, judgementView } from '../schemas/explain.ts';
import { accountId } from '../schemas/ids.ts';
import { moment } from '../schemas/moment.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { momentInCursor } from '../schemas/time.ts';
import { attemptOf } from '../what-if.ts';
import { sendJson } from './answer.ts';

const path = '/v1/accounts/{accountId}/explain';
const params = z.strictObject({ accountId });

const version = z.int().min(1);
const position = z
  .tuple([momentInCursor, version, version])
  .transform(([effectiveAt, version, accountVersion]): ExplainPosition => ({ effectiveAt, version, accountVersion }));

const query = moment.safeExtend({ limit, cursor: cursor.exactOptional() });

export const explainBalance = defineEndpoint({
  method: 'get',
  path,
  id: 'explainBalance',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'Why an account has the balance that it has, now or at any moment',
  description:
    'The rule of the available balance with its terms; the nearest snapshot or statement entry at which the ledger balance is known; ' +
    'and the events from there on, whose amounts make the rest. With `asOf` those are what was dated back to that moment or before, by ' +
    'value date; without, everything since, by version.',
  params,
  query,
  answers: { 200: { description: 'The balance, and one page of the events behind it.', schema: explanationView } },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND', 'BALANCE_LIMIT_EXCEEDED'],
  handle: async ({ queries }, { params: { accountId }, query, response }) => {
    const { limit, cursor: text, ...moment } = query;
    const list = `explain ${accountId} ${JSON.stringify(moment)}`;
    const after = text === undefined ? undefined : decodeCursor(list, text, position);
    const explanation = await queries.explainBalance(accountId, { moment, limit, ...(after && { after }) });
    const { next } = explanation;
    const nextCursor = next && encodeCursor(list, [next.effectiveAt, next.version, next.accountVersion]);
    sendJson(response, presentExplanation(explanation, moment, nextCursor));
  },
});

export const explainCommand = defineEndpoint({
  method: 'post',
  path,
  id: 'explainCommand',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'Whether a command would be accepted, now or at any moment, and which rule says no',
  description:
    'Nothing is written, and no Idempotency-Key is needed. The command is one about this account, as in /v1/batches. The rules are ' +
    'listed in the order in which they are asked; the first that says no is the answer, and those behind it are not asked.',
  params,
  body: judgedBody,
  isQuery: true,
  needsKey: false,
  answers: { 200: { description: 'What the rules say, and the numbers they look at.', schema: judgementView } },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND'],
  handle: async (services, { params: { accountId }, body: { command, ...known }, principal, response }) => {
    const requestId = requestIdOf(response);
    const attempt = await attemptOf(command, services, { accountId, requestId, principal, at: ['command'] });
    const run = await services.queries.dryRun(accountId, known, [attempt]);
    // Nobody's key is looked up: what is only tried has none.
    const rules = commands[command.type].rejects.filter((code) => code !== 'IDEMPOTENCY_KEY_REUSED');
    const wish = attempt instanceof DomainError ? undefined : attempt.wish;
    sendJson(response, presentJudgement(run, rules, { wish, requestId }));
  },
});
