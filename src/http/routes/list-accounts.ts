import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentAccount } from '../presenters/account.ts';
import { ownerId } from '../schemas/ids.ts';
import { currency } from '../schemas/money.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { accountsView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

export const listAccounts = defineEndpoint({
  method: 'get',
  path: '/v1/accounts',
  id: 'listAccounts',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'Accounts, by id',
  query: z.strictObject({
    ownerId: ownerId.exactOptional(),
    status: z.enum(['active', 'frozen', 'closed']).exactOptional(),
    currency: currency.exactOptional(),
    limit,
    cursor: cursor.exactOptional(),
  }),
  answers: { 200: { description: 'One page.', schema: accountsView } },
  rejects: [],
  handle: async ({ queries }, { query, response }) => {
    const { limit, cursor, ...filter } = query;
    const list = `accounts ${JSON.stringify(filter)}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, z.string());
    // One more than asked for says whether there is a next page.
    const rows = await queries.listAccounts(filter, { limit: limit + 1, ...(after !== undefined && { after }) });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const nextCursor = last && encodeCursor(list, last._id);
    sendJson(response, { accounts: page.map(presentAccount), nextCursor });
  },
});
