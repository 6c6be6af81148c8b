import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { whoAsks } from '../middleware/authentication.ts';
import { presentAccessEntry } from '../presenters/access.ts';
import { accessLogView, accessOutcome } from '../schemas/access.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { sendJson } from './answer.ts';

export const getAccessLog = defineEndpoint({
  method: 'get',
  path: '/v1/admin/access-log',
  id: 'getAccessLog',
  tag: 'Administration',
  scope: 'admin',
  summary:
    'Every act of an administrator, every proposal and its end, and every access that was refused, the latest first',
  description:
    'Refusals of one caller are written down one by one up to a number in a minute; an entry with `count` stands for those beyond it. ' +
    'What was refused is here after a moment; an act is here when it is answered.',
  query: z.strictObject({
    actor: z.string().min(1).max(210).exactOptional(),
    outcome: accessOutcome.exactOptional(),
    limit,
    cursor: cursor.exactOptional(),
  }),
  answers: { 200: { description: 'One page.', schema: accessLogView } },
  rejects: [],
  handle: async ({ access }, { query, response }) => {
    const { limit, cursor: text, ...filter } = query;
    const list = `access-log ${JSON.stringify(filter)}`;
    const after = text === undefined ? undefined : decodeCursor(list, text, z.uuid());
    const rows = await access.log.list(filter, { limit: limit + 1, ...(after !== undefined && { after }) });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    access.log.note({ ...whoAsks(response.req, response), what: 'getAccessLog', outcome: 'done' });
    sendJson(response, { entries: page.map(presentAccessEntry), nextCursor: last && encodeCursor(list, last._id) });
  },
});
