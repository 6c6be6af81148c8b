import type { AccessRefused } from '../application/access/principal.ts';
import type { LedgerErrorCode } from '../application/commit/ledger-error.ts';
import type { DomainErrorCode } from '../domain/domain-error.ts';
import { accessProblems } from './access-problems.ts';
import { type AdminCode, adminProblems } from './admin-problems.ts';
import { later, no, type ProblemKind } from './problem-kind.ts';

type RequestErrorCode =
  | 'RATE_LIMITED'
  | 'VALIDATION_FAILED'
  | 'IDEMPOTENCY_KEY_REQUIRED'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'REQUEST_TIMEOUT'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR';

type AccessCode = AccessRefused['code'] | AdminCode;

export type ProblemCode =
  RequestErrorCode | DomainErrorCode | LedgerErrorCode | AccessCode | 'NOT_SEALED_YET' | 'PROOF_TOO_LONG';

/** Every code that a caller can see, with its status: the one list behind the answers, the OpenAPI document and the README. */
export const problemByCode: Readonly<Record<ProblemCode, ProblemKind>> = {
  VALIDATION_FAILED: no(400, 'The request is malformed', 'Mend every place that `errors` names and send it again.'),
  IDEMPOTENCY_KEY_REQUIRED: no(
    400,
    'Idempotency-Key is missing',
    'Send a key of your own, new for each wish, the same for each retry of it.',
  ),
  EVENT_NOT_FOUND: no(404, 'No such event', 'Check the event id; `GET /v1/accounts/{id}/events` lists them.'),
  ACCOUNT_NOT_FOUND: no(
    404,
    'No such account',
    'Check the account id, and whether the account was open at the time, or has reached the version, that you ask about.',
  ),
  HOLD_NOT_FOUND: no(404, 'No such hold', 'Check the hold id; `GET /v1/accounts/{id}/holds` lists them.'),
  TRANSFER_NOT_FOUND: no(404, 'No such transfer', 'Check the transfer id.'),
  ROUTE_NOT_FOUND: no(404, 'No such address', 'See /docs for what there is.'),
  METHOD_NOT_ALLOWED: no(405, 'This address does not take that method', 'Use one of the methods in the Allow header.'),
  NOT_ACCEPTABLE: no(
    406,
    'No representation that you accept',
    'Accept application/json; statements can be text/csv as well, checkpoints and keys text/plain.',
  ),
  REQUEST_TIMEOUT: later(408, 'The request did not arrive in time', 'Send it again with the same key.'),
  ACCOUNT_ALREADY_EXISTS: no(409, 'The account id is taken', 'Use the account, or open one under another id.'),
  TRANSFER_ALREADY_EXISTS: no(
    409,
    'The transfer id is taken',
    'Look at the transfer; send a new id if you meant another one.',
  ),
  HOLD_ALREADY_EXISTS: no(409, 'The hold id is taken', 'Look at the hold; send a new id if you meant another one.'),
  TRANSACTION_ALREADY_RECORDED: no(
    409,
    'This transaction was recorded before',
    'Nothing: `eventId` names the event that recorded it.',
  ),
  IDEMPOTENCY_KEY_REUSED: no(
    409,
    'The key belongs to another request',
    'Use a new key, or send exactly what was sent with this one.',
  ),
  CONCURRENCY_CONFLICT: later(409, 'Others kept writing to this account', 'Send it again with the same key.'),
  ...adminProblems,
  VERSION_MISMATCH: no(
    412,
    'The account has another version',
    'Read the account again, decide again, and send the new version in If-Match.',
  ),
  PAYLOAD_TOO_LARGE: no(413, 'The body is too large', 'Send at most `limit` bytes: 64 kB, or 1 MB to /v1/batches.'),
  UNSUPPORTED_MEDIA_TYPE: no(415, 'The body is not plain JSON', 'Send application/json in UTF-8, not compressed.'),
  SAME_ACCOUNT: no(422, 'Sender and receiver are one account', 'Name two different accounts.'),
  ACCOUNT_CLOSED: no(422, 'The account is closed', 'Nothing moves on a closed account.'),
  ACCOUNT_FROZEN: no(422, 'The account is frozen', 'Unfreeze it first.'),
  ACCOUNT_NOT_FROZEN: no(422, 'The account is not frozen', 'Nothing to do.'),
  ACCOUNT_NOT_EMPTY: no(
    422,
    'The account still has money or holds',
    'Bring its balance to zero and release its holds first.',
  ),
  HOLD_NOT_OPEN: no(422, 'The hold has ended', 'Nothing: `holdStatus` says how it ended.'),
  CURRENCY_MISMATCH: no(422, 'The account has another currency', 'Send the amount in the currency of the account.'),
  EFFECTIVE_IN_FUTURE: no(422, 'This lies in the future', 'Use a time that has passed; leave it out for now.'),
  EFFECTIVE_BEFORE_OPENING: no(
    422,
    'The account was not open then',
    'Use a time at or after `openedAt` of the account.',
  ),
  HOLD_EXPIRES_IN_PAST: no(422, 'The hold would have expired already', 'Use a time to come, or leave expiresAt out.'),
  HOLD_LIMIT_EXCEEDED: no(422, 'Too many open holds', 'Capture or release some: `limit` can be open at a time.'),
  CAPTURE_EXCEEDS_HOLD: no(422, 'More than the hold reserves', 'Capture at most `holdAmount`, in minor units.'),
  NOT_REVERSIBLE: no(
    422,
    'This event cannot be reversed',
    'Only deposits, withdrawals, captures of holds and transfers can, and a reversal cannot.',
  ),
  NOT_CHANGEABLE: no(
    422,
    'This event cannot be changed like that',
    'The command behind the event has no such `member`. Change one that it has, or put another command in its place.',
  ),
  HISTORY_TOO_LONG: no(
    422,
    'Too many events to replay',
    'Name a later event, or an earlier moment to stop at: at most `limit` events are replayed.',
  ),
  PROOF_TOO_LONG: no(
    422,
    'Too many events for one proof',
    'Ask about a version or a moment up to which the account has at most `limit` events. Beyond that, take the journal: `npm run verify`.',
  ),
  REVERSAL_EXCEEDS_ORIGINAL: no(
    422,
    'More than is left of the original',
    'Reverse at most `remaining`, in minor units.',
  ),
  OVERDRAFT_IN_USE: no(
    422,
    'The overdraft is in use beyond that limit',
    'Wait for money to come in, or set a higher limit.',
  ),
  INSUFFICIENT_FUNDS: no(422, 'Insufficient available balance', 'Debit at most the available balance.'),
  BALANCE_LIMIT_EXCEEDED: no(422, 'The balance would pass 2^53 − 1', 'Use another account for the rest.'),
  RATE_LIMITED: later(
    429,
    'Too many requests',
    'Nothing happened. Send it again with the same key after Retry-After seconds.',
  ),
  HEADERS_TOO_LARGE: no(431, 'The headers are too large', 'Send at most 16 kB of headers.'),
  INTERNAL_ERROR: later(
    500,
    'Something went wrong on our side',
    'Send it again with the same key; report the requestId if it stays.',
  ),
  OVERLOADED: later(
    503,
    'Too many commands are waiting',
    'Nothing happened. Send it again with the same key after Retry-After seconds.',
  ),
  OUTCOME_UNKNOWN: later(
    503,
    'The commit was cut off before its outcome was known',
    'Send it again with the same key: it settles to one effect.',
  ),
  NOT_SEALED_YET: later(
    503,
    'The journal has not come that far',
    'Events are sealed a moment after they are recorded. Ask again after Retry-After seconds. A journal that stays shorter than a checkpoint ' +
      'that you were given has been cut off.',
  ),
  UNAVAILABLE: later(
    503,
    'The ledger cannot be reached now',
    'Nothing happened. Send it again with the same key after Retry-After seconds.',
  ),
  ...accessProblems,
};

/** One thing wrong with a request: where (a JSON pointer into the body, RFC 6901, or the name of a parameter or header), and what. */
export type RequestFault = {
  readonly in: 'body' | 'path' | 'query' | 'header';
  readonly at: string;
  readonly detail: string;
};

const LONGEST_NAME = 80;

/** The JSON pointer (RFC 6901) to a place in the body. Long names are the caller's own, and not sent back whole. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => String(part).slice(0, LONGEST_NAME).replaceAll('~', '~0').replaceAll('/', '~1'))
    .map((part) => `/${part}`)
    .join('');

// Enough to mend a request by; a body made of nothing but faults must not be answered with a larger one.
export const FAULTS_TOLD = 100;

/** A request that cannot be understood or served as it was sent. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly faults: readonly RequestFault[];

  constructor(
    readonly code: RequestErrorCode,
    faults: readonly RequestFault[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(code);
    this.faults = faults.slice(0, FAULTS_TOLD);
  }
}

export const malformedHeader = (name: string, detail: string): RequestError =>
  new RequestError('VALIDATION_FAILED', [{ in: 'header', at: name, detail }]);

/** RFC 9457 problem details. `details` become members of their own. */
export const problemOf = (
  code: ProblemCode,
  requestId: string,
  details: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => {
  const { status, title, next, retryable } = problemByCode[code];
  const type = `urn:daybook:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { ...details, type, title, status, code, detail: next, retryable, requestId };
};
