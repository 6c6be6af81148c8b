import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { Endpoint } from './endpoint.ts';
import { type ProblemCode, problemByCode } from './problem-details.ts';
import { problemView } from './schemas/views.ts';
import { VERSION } from './version.ts';

const idempotencyKey = z.string().min(1).max(255).meta({
  description:
    'Your name for this attempt, 1–255 visible ASCII characters: new for each wish, the same for each retry of it.',
  example: 'order-4711',
});

const ifMatch = z
  .string()
  .optional()
  .meta({ description: 'Only if the account still has this version, in quotes.', example: '"5"' });

const replayed = z.enum(['true']).optional().meta({ description: 'Set where this is the first answer once more.' });
const answerHeaders = {
  ETag: z.string().optional().meta({ description: 'The version of the account, in quotes.' }),
  Location: z.string().optional().meta({ description: 'Where the new resource can be read.' }),
  Link: z.string().optional().meta({ description: 'The next page, where there is one (RFC 8288).' }),
  'Retry-After': z.string().optional().meta({ description: 'Seconds after which to ask again for what is retryable.' }),
};
const ofEveryAnswer = {
  'X-Request-Id': z.string().meta({ description: 'Names this request; the correlation id of the events it caused.' }),
  traceparent: z.string().meta({
    description:
      'Where this request is in a trace (W3C Trace Context): in that of its own `traceparent`, or in one that began with it.',
    example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }),
};

// What can happen to any request before its endpoint sees it, to any body, and to any command behind it.
const always: readonly ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL_ERROR', 'UNAVAILABLE'];
const forCallers: readonly ProblemCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED'];
const forBodies: readonly ProblemCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
const forCommands: readonly ProblemCode[] = ['CONCURRENCY_CONFLICT', 'OVERLOADED', 'OUTCOME_UNKNOWN'];

const problemsOf = ({ body, scope, isCommand, needsKey, rejects }: Endpoint): ZodOpenApiResponsesObject => {
  const ofKey: readonly ProblemCode[] = needsKey ? ['IDEMPOTENCY_KEY_REQUIRED'] : [];
  const ofBody = [...(body ? forBodies : []), ...(isCommand ? forCommands : [])];
  const ofCaller = scope === 'none' ? [] : forCallers;
  const codes = [...always, ...ofCaller, ...ofKey, ...ofBody, ...rejects];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problemByCode[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const entries = [...byStatus].map(([status, sameStatus]) => {
    const description = sameStatus.map((code) => `\`${code}\`: ${problemByCode[code].title}.`).join('\n\n');
    const retryable = sameStatus.filter((code) => problemByCode[code].retryable);
    const retryAfter = retryable.length === sameStatus.length ? z.string() : z.string().optional();
    const headers = { ...(retryable.length > 0 && { 'Retry-After': retryAfter }), ...ofEveryAnswer };
    return [
      status,
      { description, headers: z.object(headers), content: { 'application/problem+json': { schema: problemView } } },
    ];
  });
  return Object.fromEntries(entries) as ZodOpenApiResponsesObject;
};

const answersOf = ({ answers, needsKey }: Endpoint): ZodOpenApiResponsesObject => {
  const entries = Object.entries(answers).map(([status, { description, schema, csv, text, headers: names = [] }]) => {
    const content = {
      ...(schema && { 'application/json': { schema } }),
      ...(csv && { 'text/csv': { schema: z.string() } }),
      ...(text && { 'text/plain': { schema: z.string() } }),
    };
    const headers = z.object({
      ...ofEveryAnswer,
      ...Object.fromEntries(names.map((name) => [name, answerHeaders[name]])),
      ...(needsKey && { 'Idempotency-Replayed': replayed }),
    });
    return [status, { description, headers, content }];
  });
  return Object.fromEntries(entries) as ZodOpenApiResponsesObject;
};

const rejectionsInOrder = ({ rejects }: Endpoint): string =>
  rejects.length === 0 ? '' : `Rejects, in this order, with: ${rejects.map((code) => `\`${code}\``).join(', ')}.`;

const operationOf = (endpoint: Endpoint): ZodOpenApiOperationObject => {
  const { id, tag, scope, summary, description, params, query, body, needsKey, rejects } = endpoint;
  const conditional = rejects.includes('VERSION_MISMATCH') ? { 'If-Match': ifMatch } : {};
  const texts = [description, rejectionsInOrder(endpoint)].filter(Boolean);
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: scope === 'none' ? [] : [{ bearer: [scope] }],
    ...(texts.length > 0 && { description: texts.join('\n\n') }),
    requestParams: {
      path: params,
      query,
      ...(needsKey && { header: z.object({ 'Idempotency-Key': idempotencyKey, ...conditional }) }),
    },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { ...problemsOf(endpoint), ...answersOf(endpoint) },
  };
};

/** The OpenAPI 3.1 document of these endpoints, made from the very schemas that requests are parsed with. */
export const openApiOf = (endpoints: readonly Endpoint[]): object => {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Daybook',
      version: VERSION,
      description:
        'An event-sourced banking ledger. Amounts are JSON integers in minor units; times are RFC 3339. Every command needs an ' +
        '`Idempotency-Key`; the same key and request give the first answer again. Errors are RFC 9457 problem details: decide on `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key (`daybook_…`) or a JSON Web Token of the issuer that the server trusts. The names at each operation are the scopes ' +
            'that it takes. A server that is open asks for none.',
        },
      },
    },
    paths,
  });
};
