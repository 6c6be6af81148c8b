import type { Request } from 'express';
import type { z } from 'zod';
import type { Wish } from '../application/commands/command.ts';
import type { Queries } from '../application/queries/queries.ts';
import { type Asked, commandOf } from './claim.ts';
import { defineEndpoint, type Endpoint, type Shape } from './endpoint.ts';
import { IF_MATCH_SYNTAX, isIfMatch, versionsIn } from './if-match.ts';
import { proposableBy } from './middleware/authentication.ts';
import { requestIdOf, spanOf } from './middleware/request-context.ts';
import type { Json } from './presenters/wire.ts';
import { malformedHeader } from './problem-details.ts';
import { requestHashOf } from './request-hash.ts';
import { sendOutcome } from './routes/answer.ts';

/** A command with its address: what it takes there, and in a batch. */
export type CommandEndpoint<T extends Wish['type'] = Wish['type']> = Endpoint & {
  readonly type: T;
  readonly body: Shape;
  /** The members of path and body together, parsed, as something to ask of the ledger; a promise where that must be looked up. */
  readonly ask: (members: Json, queries: Queries) => Asked | Promise<Asked>;
  /** Its own address, such as `/v1/accounts/alice/deposits`. */
  readonly addressOf: (members: Json) => string;
};

type Members<P extends Shape, B extends Shape> = z.output<P> & z.output<B>;

type CommandDefinition<T extends Wish['type'], P extends Shape, B extends Shape> = Pick<
  Endpoint,
  'path' | 'id' | 'tag' | 'scope' | 'summary' | 'description' | 'answers' | 'rejects'
> & {
  readonly type: T;
  readonly params?: P;
  readonly body: B;
  readonly ask: (members: Members<P, B>, queries: Queries) => Asked | Promise<Asked>;
};

/** Rejects with VALIDATION_FAILED. */
const versionsAccepted = ({ headers }: Request): readonly number[] | undefined => {
  const header = headers['if-match'];
  if (header === undefined) return undefined;
  if (!isIfMatch(header)) throw malformedHeader('If-Match', IF_MATCH_SYNTAX);
  return versionsIn(header);
};

/** The members of a path stand at every second place between its braces. */
const addressesAt = (path: string): CommandEndpoint['addressOf'] => {
  const parts = path.split(/[{}]/);
  return (members) => parts.map((part, index) => (index % 2 === 0 ? part : String(members[part]))).join('');
};

/** Declares a command once, for its own address and for batches. */
export const defineCommand = <T extends Wish['type'], P extends Shape, B extends Shape>(
  definition: CommandDefinition<T, P, B>,
): CommandEndpoint<T> => {
  const { type, ask, ...documented } = definition;
  const addressOf = addressesAt(definition.path);
  const endpoint = defineEndpoint<P, Shape, B>({
    ...documented,
    method: 'post',
    handle: async ({ ledger, queries, newEventId }, call) => {
      const { params, body, rawBody, principal, idempotencyKey, request, response } = call;
      const asked = await ask({ ...params, ...body }, queries);
      const versions = asked.accountId === undefined ? undefined : versionsAccepted(request);
      const requestHash = requestHashOf(addressOf(params), rawBody as Json);
      const idempotency = { key: idempotencyKey, requestHash };
      const from = { requestId: requestIdOf(response), principal, span: spanOf(response) };
      const claim = { ...from, idempotency, versions, proposable: proposableBy(principal, response) };
      sendOutcome(response, await ledger.submit(commandOf(asked, claim, newEventId)));
    },
  });
  return { ...endpoint, type, body: definition.body, ask: ask as CommandEndpoint['ask'], addressOf };
};
