import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentTrialBalance } from '../presenters/trial-balance.ts';
import { asOf, knownAt } from '../schemas/moment.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { momentInCursor } from '../schemas/time.ts';
import { trialBalanceView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

const position = z
  .tuple([momentInCursor, momentInCursor, z.int().min(1)])
  .transform(([asOf, knownAt, lines]) => ({ asOf, knownAt, lines }));

export const getTrialBalance = defineEndpoint({
  method: 'get',
  path: '/v1/trial-balance',
  id: 'getTrialBalance',
  tag: 'Audit',
  scope: 'audit:read',
  summary: 'Debits and credits of every account of the chart, now or at any moment',
  description:
    'Every event is posted twice: `customer-deposits` is what customers are owed; `cash` and `clearing:<party>` is what is held for them, by the ' +
    '`source` of deposits and the `destination` of withdrawals; `in-transit` stands between the two legs of transfers. `isBalanced` says that ' +
    'debits equal credits in every currency and nothing is in transit. All sums are of one moment of the store. Reads all events: it takes ' +
    'some seconds for a million of them.',
  query: z.strictObject({
    asOf: asOf.exactOptional(),
    knownAt: knownAt.exactOptional(),
    limit,
    cursor: cursor.exactOptional(),
  }),
  answers: { 200: { description: 'One page of accounts, and the totals of all.', schema: trialBalanceView } },
  rejects: ['EFFECTIVE_IN_FUTURE'],
  handle: async ({ queries }, { query, response }) => {
    const { cursor, ...asked } = query;
    const list = `trial-balance ${asked.asOf ?? ''} ${asked.knownAt ?? ''}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, position);
    const found = await queries.readTrialBalance({ ...asked, ...(after && { after }) });
    const { next } = found;
    const nextCursor = next && encodeCursor(list, [next.asOf, next.knownAt, next.lines]);
    sendJson(response, presentTrialBalance(found, nextCursor));
  },
});
