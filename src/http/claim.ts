import { hash } from 'node:crypto';
import type { Request } from 'express';
import type { Envelope } from '../application/commands/command.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import type { TransactionId } from '../domain/event/event-id.ts';
import type { Call, Services } from './endpoint.ts';
import { requestIdOf } from './middleware/request-context.ts';
import { malformedHeader } from './problem-details.ts';

const entityTag = /^"([1-9]\d{0,9})"$/;
const anyEntityTag = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

// Until callers are authenticated there is one principal, and every key belongs to it.
const ANONYMOUS = 'anonymous';

/** The versions that If-Match (RFC 9110 §13.1.1) accepts; undefined where any will do. Weak and foreign tags match nothing. */
const expectedVersionsOf = (request: Request): readonly number[] | undefined => {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => anyEntityTag.test(tag)))
    throw malformedHeader('If-Match', 'must be a version in quotes, such as "5"');
  return tags.flatMap((tag) => entityTag.exec(tag)?.[1] ?? []).map(Number);
};

/** The same for every spelling of one JSON value: members sorted by name (the idea of RFC 8785). */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
};

const requestHashOf = ({ method, path }: Request, body: unknown): string =>
  hash('sha256', `${method} ${path}\n${canonical(body)}`, 'base64url');

type Details = {
  readonly transactionId?: TransactionId | undefined;
  /** The account that If-Match speaks of. */
  readonly accountId?: AccountId;
};

/** What travels with the command of a request. Rejects with VALIDATION_FAILED. */
export const envelopeOf = (
  { newEventId }: Services,
  {
    request,
    response,
    rawBody,
    idempotencyKey,
  }: Pick<Call<never, never, never>, 'request' | 'response' | 'rawBody' | 'idempotencyKey'>,
  { transactionId, accountId }: Details,
): Envelope => {
  const versions = accountId && expectedVersionsOf(request);
  return {
    correlationId: requestIdOf(response),
    actor: ANONYMOUS,
    idempotency: { key: idempotencyKey, requestHash: requestHashOf(request, rawBody) },
    eventIds: [newEventId(), newEventId()],
    ...(transactionId !== undefined && { transactionId }),
    ...(versions && { expected: { accountId, versions } }),
  };
};
