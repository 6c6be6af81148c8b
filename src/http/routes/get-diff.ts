import { z } from 'zod';
import type { DiffPosition } from '../../application/queries/diff.ts';
import { defineEndpoint } from '../endpoint.ts';
import { presentDiff } from '../presenters/diff.ts';
import { accountId } from '../schemas/ids.ts';
import { isOneMoment, momentAt, twoMoments } from '../schemas/moment.ts';
import { diffView } from '../schemas/moment-views.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { momentInCursor } from '../schemas/time.ts';
import { sendJson } from './answer.ts';

const version = z.int().min(1);
const place = z.tuple([momentInCursor, version]).transform(([effectiveAt, version]) => ({ effectiveAt, version }));
const position = z.tuple([z.int().min(0).max(2), place.nullable(), version, version]);

const toPosition = ([part, place, fromVersion, toVersion]: z.output<typeof position>): DiffPosition => ({
  part,
  place: place ?? undefined,
  fromVersion,
  toVersion,
});

const fromPosition = ({ part, place, fromVersion, toVersion }: DiffPosition): unknown => [
  part,
  place ? [place.effectiveAt, place.version] : null,
  fromVersion,
  toVersion,
];

const query = z
  .strictObject({ ...twoMoments, limit, cursor: cursor.exactOptional() })
  .refine(...isOneMoment('from'))
  .refine(...isOneMoment('to'));

export const getDiff = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/diff',
  id: 'getDiff',
  tag: 'Accounts',
  scope: 'accounts:read',
  summary: 'One account at two moments, and the events that make the difference',
  description:
    'Each of the two moments is given like that of a balance, `from.asOf`, `from.knownAt`, `from.version` and `to.asOf`, `to.knownAt`, ' +
    '`to.version`; one that is left out is now. `to` may be the earlier one.\n\n' +
    'An event is listed where it counts at one of the two only: because its value date lies between them, or because it was recorded ' +
    'between them. First those of the value date, by value date; then what was booked between, and then what changed status or ' +
    'overdraft limit, each by version. The amounts of all pages make exactly the difference of the ledger balances. A page may have ' +
    'fewer events than `limit`, or none: only a missing `nextCursor` is the end. Later pages leave out what was recorded after the ' +
    'first one.',
  params: z.strictObject({ accountId }),
  query,
  answers: { 200: { description: 'Both moments, and one page of events.', schema: diffView } },
  rejects: ['EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND', 'BALANCE_LIMIT_EXCEEDED'],
  handle: async ({ queries }, { params: { accountId }, query, response }) => {
    const moments = { from: momentAt(query, 'from'), to: momentAt(query, 'to') };
    const list = `diff ${accountId} ${JSON.stringify(moments)}`;
    const after = query.cursor === undefined ? undefined : toPosition(decodeCursor(list, query.cursor, position));
    const diff = await queries.readDiff(accountId, { ...moments, limit: query.limit, ...(after && { after }) });
    const nextCursor = diff.next && encodeCursor(list, fromPosition(diff.next));
    sendJson(response, presentDiff(diff, moments, nextCursor));
  },
});
