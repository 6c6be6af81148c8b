import { z } from 'zod';
import { answerBalance, balanceProofOf } from '../answer-balance.ts';
import { defineEndpoint, OF_A_HISTORY } from '../endpoint.ts';
import { presentAccount } from '../presenters/account.ts';
import { beginningOf } from '../prove-answer.ts';
import { accountId } from '../schemas/ids.ts';
import { moment, provableMoment } from '../schemas/moment.ts';
import { balanceProofView } from '../schemas/proof-views.ts';
import { accountView, balanceView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

const params = z.strictObject({ accountId });

const unchanged = { description: 'Still the version that If-None-Match names.' };

export const getAccount = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}',
  id: 'getAccount',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'One account, now or at any moment',
  params,
  query: moment,
  answers: { 200: { description: 'The account.', schema: accountView, headers: ['ETag'] }, 304: unchanged },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND'],
  handle: async ({ queries }, { params, query, response }) => {
    const row = await queries.findAccount(params.accountId, query);
    sendJson(response, presentAccount(row), row.version);
  },
});

export const getBalance = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/balance',
  id: 'getBalance',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'The balance of an account, now or at any moment',
  description:
    'With `proof=1` the answer stands in `balance`, with what it takes to check it: save it to a file as it is, and run ' +
    '`npm run verify -- --proof FILE --key KEY`.',
  params,
  query: provableMoment,
  weight: ({ query: { proof } }) => (proof === undefined ? 1 : OF_A_HISTORY),
  answers: {
    200: {
      description: 'The balance; with `proof=1`, and what it takes to check it.',
      schema: z.union([balanceView, balanceProofView]),
      headers: ['ETag'],
    },
    304: unchanged,
  },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND', 'PROOF_TOO_LONG', 'NOT_SEALED_YET'],
  handle: async (services, { params: { accountId }, query: { proof, ...moment }, response }) => {
    const found = await answerBalance(services, accountId, moment);
    if (proof === undefined) sendJson(response, found.answer, found.version);
    else {
      const sealed = await services.journal.proveStream(beginningOf(accountId, found.version, moment));
      sendJson(response, balanceProofOf(accountId, found, sealed));
    }
  },
});
