import type { Request } from 'express';
import { z } from 'zod';
import type { StatementPosition } from '../../application/queries/statement.ts';
import { defineEndpoint } from '../endpoint.ts';
import { presentStatement, statementAsCsv } from '../presenters/statement.ts';
import { RequestError } from '../problem-details.ts';
import { accountId } from '../schemas/ids.ts';
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
      .meta({ description: 'First moment that does not count any more; default all booked so far.' }),
    order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'By value date, then by version.' }),
    limit,
    cursor: cursor.exactOptional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    message: 'must not be before from',
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
    'The link to the next page is in the Link header too.',
  params: z.strictObject({ accountId }),
  query,
  answers: { 200: { description: 'One page.', schema: statementView, csv: true, headers: ['Link'] } },
  rejects: ['NOT_ACCEPTABLE', 'ACCOUNT_NOT_FOUND'],
  handle: async ({ queries }, { params: { accountId }, query, request, response }) => {
    const { cursor, ...asked } = query;
    const format = mustAccept(request);
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
