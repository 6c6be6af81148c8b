import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentEvent } from '../presenters/event.ts';
import { accountId } from '../schemas/ids.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { eventsView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

export const listEvents = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/events',
  id: 'listEvents',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'The stream itself: every event of an account, by version',
  params: z.strictObject({ accountId }),
  query: z.strictObject({ limit, cursor: cursor.exactOptional() }),
  answers: { 200: { description: 'One page.', schema: eventsView } },
  rejects: ['ACCOUNT_NOT_FOUND'],
  handle: async ({ queries }, { params, query, response }) => {
    const list = `events ${params.accountId}`;
    const after = query.cursor === undefined ? 0 : decodeCursor(list, query.cursor, z.int().min(1));
    const events = await queries.listEvents(params.accountId, { after, limit: query.limit + 1 });
    const page = events.slice(0, query.limit);
    const last = events.length > query.limit ? page.at(-1) : undefined;
    const nextCursor = last && encodeCursor(list, last.version);
    sendJson(response, { events: page.map(presentEvent), nextCursor });
  },
});
