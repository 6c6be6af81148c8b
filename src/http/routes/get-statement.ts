import type { Request } from 'express';
import { z } from 'zod';
import { answerStatement, presentStatementAnswer, statementProofOf } from '../answer-statement.ts';
import { defineEndpoint, OF_A_HISTORY } from '../endpoint.ts';
import { statementAsCsv } from '../presenters/statement.ts';
import { RequestError } from '../problem-details.ts';
import { beginningOf } from '../prove-answer.ts';
import { accountId } from '../schemas/ids.ts';
import { knownAt, proof, version } from '../schemas/moment.ts';
import { cursor, limit } from '../schemas/paging.ts';
import { statementProofView } from '../schemas/proof-views.ts';
import { time } from '../schemas/time.ts';
import { statementView } from '../schemas/views.ts';
import { sendFound } from '../send.ts';

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
    proof: proof.exactOptional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    message: 'must not be before from',
  })
  .refine(({ knownAt, version }) => knownAt === undefined || version === undefined, {
    path: ['version'],
    message: 'cannot be combined with knownAt',
  });

/** Rejects with NOT_ACCEPTABLE. A proof is JSON. */
const mustAccept = (request: Request, withProof: boolean): string => {
  const format = request.accepts(withProof ? ['application/json'] : ['application/json', 'text/csv']);
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
  scope: 'accounts:read',
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
  weight: ({ query: { proof } }) => (proof === undefined ? 1 : OF_A_HISTORY),
  answers: {
    200: {
      description: 'One page; with `proof=1`, and what it takes to check it.',
      schema: z.union([statementView, statementProofView]),
      csv: true,
      headers: ['Link'],
    },
  },
  rejects: ['NOT_ACCEPTABLE', 'EFFECTIVE_IN_FUTURE', 'ACCOUNT_NOT_FOUND', 'PROOF_TOO_LONG', 'NOT_SEALED_YET'],
  handle: async ({ queries, journal }, { params: { accountId }, query, request, response }) => {
    const { proof, ...asked } = query;
    const format = mustAccept(request, proof !== undefined);
    const { from, to, order, knownAt } = asked;
    const name = { accountId, order, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const answer = await answerStatement(queries, name, asked);
    const body = async (): Promise<string> => {
      if (format === 'text/csv') return statementAsCsv(answer.statement, { order, after: answer.after });
      if (proof === undefined) return JSON.stringify(presentStatementAnswer(answer));
      const { version } = answer.statement;
      const bound = asked.cursor === undefined ? asked : { version, ...(knownAt !== undefined && { knownAt }) };
      return JSON.stringify(
        statementProofOf(answer, await journal.proveStream(beginningOf(accountId, version, bound))),
      );
    };
    const link = answer.nextCursor === undefined ? {} : { Link: nextPage(request, answer.nextCursor) };
    sendFound(response, format, await body(), { Vary: 'Accept', ...link });
  },
});
