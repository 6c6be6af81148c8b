import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentAccount, presentBalance } from '../presenters/account.ts';
import { accountId } from '../schemas/ids.ts';
import { moment } from '../schemas/moment.ts';
import { accountView, balanceView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

const params = z.strictObject({ accountId });

const unchanged = { description: 'Still the version that If-None-Match names.' };

export const getAccount = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}',
  id: 'getAccount',
  tag: 'Accounts',
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
  summary: 'The balance of an account, now or at any moment',
  params,
  query: moment,
  answers: { 200: { description: 'The balance.', schema: balanceView, headers: ['ETag'] }, 304: unchanged },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND'],
  handle: async ({ queries, clock }, { params, query, response }) => {
    const now = clock.now();
    const row = await queries.findAccount(params.accountId, query);
    const recorded = query.version === undefined ? now : row.updatedAt.getTime();
    const { asOf = recorded, knownAt = recorded } = query;
    sendJson(response, presentBalance(row, { asOf, knownAt }), row.version);
  },
});
