import type { Request } from 'express';
import { z } from 'zod';
import type { StatementPosition } from '../../application/queries/statement.ts';
import { defineEndpoint } from '../endpoint.ts';
import { presentStatement, statementAsCsv } from '../presenters/statement.ts';
import { RequestError } from '../problem-details.ts';
import { accountId } from '../schemas/ids.ts';
import { knownAt, version } from '../schemas/moment.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { momentInCursor, time } from '../schemas/time.ts';
import { statementView } from '../schemas/views.ts';
import { sendFound } from '../send.ts';

const position = z.tuple([momentInCursor, z.int().min(1), z.int().min(1), momentInCursor]);

const toPosition = ([effectiveAt, version, accountVersion, to]: z.output<typeof position>): StatementPosition => ({
  effectiveAt,
  version,
  accountVersion,
  to,
});

const query = z
  .strictObject({
    from: time.exactOptional().meta({ description: 'First moment that counts; default the opening of the account.' }),
    to: time
      .exactOptional()
      .meta({ description: 'First moment that does not count any more; default all booked so far, or by knownAt.' }),
    knownAt: knownAt
      .exactOptional()
      .meta({ description: 'The statement as it was issued at this moment: later events are left out.' }),
    version: version
      .exactOptional()
      .meta({ description: 'The statement right after the n-th event of the account. Not together with knownAt.' }),
    order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'By value date, then by version.' }),
    limit,
    cursor: cursor.exactOptional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    message: 'must not be before from',
  })
  .refine(({ knownAt, version }) => knownAt === undefined || version === undefined, {
    path: ['version'],
    message: 'cannot be combined with knownAt',
  });

/** Rejects with NOT_ACCEPTABLE. */
const mustAccept = (request: Request): string => {
  const format = request.accepts(['application/json', 'text/csv']);
  if (format === false) throw new RequestError('NOT_ACCEPTABLE');
  return format;
};

const nextPage = (request: Request, nextCursor: string): string => {
  const parameters = new URLSearchParams({ ...(request.query as Record<string, string>), cursor: nextCursor });
  return `<${request.path}?${parameters.toString()}>; rel="next"`;
};

export const getStatement = defineEndpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/statement',
  id: 'getStatement',
  tag: 'Accounts',
  summary: 'Booked entries between two moments, with opening and closing balance',
  description:
    'By value date, from `from` up to but not including `to`. Later pages leave out what was recorded after the first one. ' +
    'The link to the next page is in the Link header too.\n\n' +
    'With `knownAt`, the statement as it was issued then: the same parameters and the moment at which it was issued give every page of ' +
    'it again, byte for byte, as JSON and as CSV, whatever was recorded since. One that was issued without `to` names in its `to` the ' +
    'millisecond behind that moment: leave `to` out again, and give one millisecond less as `knownAt`. Of several events of one ' +
    'millisecond a statement may have known only some: its `version` says how many, and asks for it exactly where `to` is given.',
  params: z.strictObject({ accountId }),
  query,
  answers: { 200: { description: 'One page.', schema: statementView, csv: true, headers: ['Link'] } },
  rejects: ['NOT_ACCEPTABLE', 'EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND'],
  handle: async ({ queries }, { params: { accountId }, query, request, response }) => {
    const { cursor, ...asked } = query;
    const format = mustAccept(request);
    // A statement and the same one as known then have the same cursors: what is known is no part of their name.
    const list = `statement ${accountId} ${asked.from ?? ''} ${asked.to ?? ''} ${asked.order}`;
    const after = cursor === undefined ? undefined : toPosition(decodeCursor(list, cursor, position));
    const statement = await queries.readStatement(accountId, { ...asked, ...(after && { after }) });
    const { next } = statement;
    const nextCursor = next && encodeCursor(list, [next.effectiveAt, next.version, next.accountVersion, next.to]);
    const body =
      format === 'text/csv'
        ? statementAsCsv(statement, { order: asked.order, after })
        : JSON.stringify(presentStatement(statement, nextCursor));
    const link = nextCursor === undefined ? {} : { Link: nextPage(request, nextCursor) };
    sendFound(response, format, body, { Vary: 'Accept', ...link });
  },
});
