import { z } from 'zod';
import { MOST_REPLAYED } from '../../application/what-if/alter-history.ts';
import { defineEndpoint, OF_A_HISTORY } from '../endpoint.ts';
import { requestIdOf } from '../middleware/request-context.ts';
import { accountId } from '../schemas/ids.ts';
import { MOST_TRIED, whatIfBody, whatIfView } from '../schemas/what-if.ts';
import { answerWhatIf } from '../what-if.ts';
import { sendJson } from './answer.ts';

export const whatIf = defineEndpoint({
  method: 'post',
  path: '/v1/accounts/{accountId}/what-if',
  id: 'whatIf',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'Try commands on an account as it was, or its history with one event altered',
  description:
    'Nothing is written, and no Idempotency-Key is needed.\n\n' +
    `\`commands\`: up to ${MOST_TRIED} commands, as in /v1/batches, each about this account, decided at a moment by the rules and on the ` +
    'facts that it would have been submitted to then: balances of all accounts it touches, transaction ids, transfers, reversals. Each ' +
    'is decided on what those before it leave behind. A decision rests on all that is known, whatever its value date, so the moment ' +
    'is `knownAt` or `version`; without either it is now.\n\n' +
    '`without`, `change` or `instead`: the real history of the account with one event left out, with other members of the command behind ' +
    'it (`amount`, `effectiveAt`, `reason`, whatever it could have said), or with another command in its place, decided at the moment ' +
    'when the event was recorded. Every event since is decided again, with what it said and the value date it was recorded with, up to ' +
    'the moment; what would have been refused says why. A reversal of what did not happen finds no event; one of an event that ' +
    `happened otherwise reverses that. Other accounts stay as they were. At most ${MOST_REPLAYED} events are replayed.`,
  params: z.strictObject({ accountId }),
  body: whatIfBody,
  isQuery: true,
  needsKey: false,
  weight: ({ body: { commands } }) => commands?.length ?? OF_A_HISTORY,
  answers: { 200: { description: 'What would have become of the account.', schema: whatIfView } },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND', 'EVENT_NOT_FOUND', 'NOT_CHANGEABLE', 'HISTORY_TOO_LONG'],
  handle: async (services, { params, body, principal, response }) => {
    const about = { accountId: params.accountId, principal, requestId: requestIdOf(response) };
    sendJson(response, await answerWhatIf(body, services, about));
  },
});
