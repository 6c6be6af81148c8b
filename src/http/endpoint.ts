import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { anybody, type Principal, type Scope } from '../application/access/principal.ts';
import { principalOf } from './middleware/authentication.ts';
import { idempotencyKeyOf } from './middleware/idempotency-key.ts';
import { countAs } from './middleware/rate-limit.ts';
import { parseStrictJson } from './middleware/strict-json.ts';
import { servicesFor } from './owned-services.ts';
import { FAULTS_TOLD, pointerOf, type ProblemCode, RequestError, type RequestFault } from './problem-details.ts';
import type { Services } from './services.ts';

export type Shape = z.ZodObject;

/** What is documented about an answer: its representations, and the headers it may have beside those of every answer. */
export type AnswerDocument = {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly csv?: true;
  readonly text?: true;
  readonly headers?: readonly ('ETag' | 'Location' | 'Link' | 'Retry-After')[];
};

/** A parsed request, and the response to fill. */
export type Call<P extends Shape, Q extends Shape, B extends z.ZodType> = {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly rawBody: unknown;
  /** Who asks; on an endpoint that needs no scope, anybody. */
  readonly principal: Principal;
  /** Empty where the endpoint needs none. */
  readonly idempotencyKey: string;
  readonly request: Request;
  readonly response: Response;
};

/** One row of the table of contents: everything about an endpoint, for the router and for the OpenAPI document. */
export type Endpoint = {
  readonly method: 'get' | 'post';
  /** As in OpenAPI: `/v1/accounts/{accountId}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  /** What its caller must be let do; `none`: it is for everybody. */
  readonly scope: Scope | 'none';
  readonly summary: string;
  readonly description?: string;
  readonly params: Shape;
  readonly query: Shape;
  readonly body: z.ZodType | undefined;
  /** It takes a body, and writes. */
  readonly isCommand: boolean;
  /** The request has a key of its own, in its header. */
  readonly needsKey: boolean;
  /** Bytes of a body, at most. */
  readonly largestBody: number;
  readonly answers: Readonly<Record<number, AnswerDocument>>;
  /** In the order in which they are checked. */
  readonly rejects: readonly ProblemCode[];
  readonly handler: (services: Services) => RequestHandler;
};

/** As how many requests counts what may read a long history: it would be asked for in place of a hundred short ones. */
export const OF_A_HISTORY = 20;

const nothing = z.strictObject({});
const LARGEST_BODY = 64 * 1_024;

export type EndpointDefinition<P extends Shape, Q extends Shape, B extends z.ZodType> = Omit<
  Endpoint,
  'params' | 'query' | 'body' | 'handler' | 'isCommand' | 'needsKey' | 'largestBody'
> & {
  /** It takes a body, and is no command of the ledger. */
  readonly isQuery?: true;
  /** Left out: every command does, and nothing else. */
  readonly needsKey?: boolean;
  /** Left out: 64 kB. */
  readonly largestBody?: number;
  /** As how many requests it counts for the limit of its caller; left out: as the one that it is. */
  readonly weight?: (asked: { readonly query: z.output<Q>; readonly body: z.output<B> }) => number;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly handle: (services: Services, call: Call<P, Q, B>) => Promise<void> | void;
};

// No more than are told: a large body can have a fault in every byte.
const faultsOf = (error: z.ZodError | undefined, place: RequestFault['in']): readonly RequestFault[] =>
  (error?.issues ?? []).slice(0, FAULTS_TOLD).flatMap((issue) => {
    const at = (path: readonly PropertyKey[]): string =>
      place === 'body' ? pointerOf(path) : path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ in: place, at: at(issue.path), detail: issue.message }];
    return issue.keys.slice(0, FAULTS_TOLD).map((key) => ({
      in: place,
      at: at([...issue.path, key.slice(0, 80)]),
      detail: 'is not known here',
    }));
  });

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What a schema says that has no words of its own. */
const inWords = {
  error: (issue: z.core.$ZodRawIssue): string | undefined => {
    if (issue.code !== 'invalid_type') return undefined;
    if (issue.input === undefined) return 'is required';
    const kind = kinds[issue.expected];
    return kind && `must be ${kind}`;
  },
};

type Body = ReturnType<typeof parseStrictJson>;

const NO_BODY: Body = { value: undefined, faults: [] };

const readBody = (request: Request): Body => {
  const body: unknown = request.body;
  if (Buffer.isBuffer(body)) return parseStrictJson(body);
  throw new RequestError('VALIDATION_FAILED', [{ in: 'body', at: '', detail: 'a JSON body is required' }]);
};

/** Parses everything that a request carries, and rejects with every fault of it at once. */
const parse = <P extends Shape, Q extends Shape, B extends z.ZodType>(
  schemas: { readonly params: P; readonly query: Q; readonly body: B },
  request: Request,
  { value, faults }: Body,
): Pick<Call<P, Q, B>, 'params' | 'query' | 'body'> => {
  const params = schemas.params.safeParse(request.params, inWords);
  const query = schemas.query.safeParse(request.query, inWords);
  const body = schemas.body.safeParse(value, inWords);
  if (params.success && query.success && body.success && faults.length === 0) {
    return { params: params.data, query: query.data, body: body.data };
  }
  // What is no plain integer as it is written need not be called wrong a second time as a value.
  const named = new Set(faults.map(({ at }) => at));
  const inBody = [...faults, ...faultsOf(body.error, 'body').filter(({ at }) => !named.has(at))];
  throw new RequestError('VALIDATION_FAILED', [
    ...faultsOf(params.error, 'path'),
    ...faultsOf(query.error, 'query'),
    ...inBody,
  ]);
};

/** Declares an endpoint: what it takes, what it answers, what it rejects with, and the call that does it. */
export const defineEndpoint = <P extends Shape, Q extends Shape, B extends z.ZodType>(
  definition: EndpointDefinition<P, Q, B>,
): Endpoint => {
  const { handle, weight, isQuery = false, ...documented } = definition;
  const params = definition.params ?? (nothing as unknown as P);
  const query = definition.query ?? (nothing as unknown as Q);
  const schemas = { params, query, body: definition.body ?? (z.undefined() as unknown as B) };
  const hasBody = definition.body !== undefined;
  const isCommand = hasBody && !isQuery;
  const needsKey = definition.needsKey ?? isCommand;
  return {
    ...documented,
    params,
    query,
    body: definition.body,
    isCommand,
    needsKey,
    largestBody: definition.largestBody ?? LARGEST_BODY,
    handler: (services) => async (request, response) => {
      const idempotencyKey = needsKey ? idempotencyKeyOf(request) : '';
      const body = hasBody ? readBody(request) : NO_BODY;
      const parsed = parse(schemas, request, body);
      if (weight) await countAs(response, weight(parsed));
      const principal = definition.scope === 'none' ? anybody : principalOf(response);
      const call = { ...parsed, rawBody: body.value, principal, idempotencyKey, request, response };
      await handle(servicesFor(services, principal, response), call);
    },
  };
};
