import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentHold } from '../presenters/hold.ts';
import { holdStatus, holdsView, holdView } from '../schemas/hold-views.ts';
import { accountId, holdId } from '../schemas/ids.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { sendJson } from './answer.ts';

export const listHolds = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/holds',
  id: 'listHolds',
  tag: 'Holds',
  scope: 'accounts:read',
  summary: 'The holds of an account, in the order in which they were placed',
  params: z.strictObject({ accountId }),
  query: z.strictObject({ status: holdStatus.exactOptional(), limit, cursor: cursor.exactOptional() }),
  answers: { 200: { description: 'One page.', schema: holdsView } },
  rejects: ['ACCOUNT_NOT_FOUND'],
  handle: async ({ queries }, { params: { accountId }, query, response }) => {
    const { limit, cursor, ...filter } = query;
    const list = `holds ${accountId} ${JSON.stringify(filter)}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, z.int().min(1));
    // One more than asked for says whether there is a next page.
    const page = { ...filter, limit: limit + 1, ...(after !== undefined && { after }) };
    const rows = await queries.listHolds(accountId, page);
    const holds = rows.slice(0, limit);
    const last = rows.length > limit ? holds.at(-1) : undefined;
    const nextCursor = last && encodeCursor(list, last.placedVersion);
    sendJson(response, { holds: holds.map(presentHold), nextCursor });
  },
});

export const getHold = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/holds/{holdId}',
  id: 'getHold',
  tag: 'Holds',
  scope: 'accounts:read',
  summary: 'One hold, open or ended',
  params: z.strictObject({ accountId, holdId }),
  answers: { 200: { description: 'The hold.', schema: holdView } },
  rejects: ['ACCOUNT_NOT_FOUND', 'HOLD_NOT_FOUND'],
  handle: async ({ queries }, { params, response }) => {
    sendJson(response, presentHold(await queries.findHold(params.accountId, params.holdId)));
  },
});
