import { KeyRefused } from '../application/access/key-keeper.ts';
import { AccessRefused, AccessUndecided } from '../application/access/principal.ts';
import { CommandRejected, LedgerError } from '../application/commit/ledger-error.ts';
import { RebuildRefused } from '../application/rebuilds/rebuild-desk.ts';
import { StorageUnavailable, VersionConflict } from '../application/ports/storage-errors.ts';
import { DomainError } from '../domain/domain-error.ts';
import { NotSealedYet, TooManyToProve } from '../journal/not-proved-now.ts';
import { type ProblemCode, RequestError } from './problem-details.ts';

export type Problem = {
  readonly code: ProblemCode;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Errors of Express and its body reader carry a status; nothing that they say is passed on but how large a body may be. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'VALIDATION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** The file server's, too: a range or a condition of the caller's that cannot be met is nothing that went wrong on our side. */
const codeOf = (status: number): ProblemCode =>
  byStatus[status] ?? (status >= 400 && status < 500 ? 'VALIDATION_FAILED' : 'INTERNAL_ERROR');

const statusOf = (error: unknown): number => (error instanceof Error && 'status' in error ? Number(error.status) : 500);

const limitOf = (error: unknown): NonNullable<Problem['details']> =>
  error instanceof Error && 'limit' in error ? { limit: Number(error.limit) } : {};

const foreign = (error: unknown): Problem => {
  const code = codeOf(statusOf(error));
  return code === 'PAYLOAD_TOO_LARGE' ? { code, details: limitOf(error) } : { code };
};

const problemOfService = (error: unknown): Problem | undefined => {
  if (error instanceof LedgerError) return { code: error.code };
  // VersionConflict of a read, which the store gives up now and then: commands are decided again before anybody hears of it.
  const ofStore = error instanceof StorageUnavailable || error instanceof VersionConflict;
  return ofStore || error instanceof AccessUndecided ? { code: 'UNAVAILABLE' } : undefined;
};

// What was wrong with a credential is not said: it would help nobody but who makes them up (RFC 6750 §3).
const challengeOf = ({ code, details: { scope } }: AccessRefused, wasShown: boolean): string => {
  const error = code === 'FORBIDDEN' ? 'insufficient_scope' : 'invalid_token';
  const needed = scope === undefined ? '' : `, scope="${scope}"`;
  return `Bearer realm="daybook"${wasShown ? `, error="${error}"${needed}` : ''}`;
};

const problemOfRebuild = (error: unknown): Problem | undefined => {
  if (!(error instanceof RebuildRefused)) return undefined;
  const { code, rebuildId, status: rebuildStatus } = error;
  return { code, details: { rebuildId, ...(rebuildStatus && { rebuildStatus }) } };
};

const problemOfAccess = (error: unknown): Problem | undefined => {
  if (error instanceof KeyRefused) return { code: error.code, details: { prefix: error.prefix } };
  if (!(error instanceof AccessRefused)) return undefined;
  const { code, details } = error;
  // No other scope would help.
  if (code === 'OWN_PROPOSAL') return { code, details };
  const wasShown = code === 'FORBIDDEN' || details.reason === undefined;
  return { code, details, headers: { 'WWW-Authenticate': challengeOf(error, wasShown) } };
};

const problemOfJournal = (error: unknown): Problem | undefined => {
  if (error instanceof NotSealedYet) return { code: 'NOT_SEALED_YET' };
  if (!(error instanceof TooManyToProve)) return undefined;
  const { events, limit } = error;
  return { code: 'PROOF_TOO_LONG', details: { events, limit } };
};

const specials = [problemOfService, problemOfAccess, problemOfJournal, problemOfRebuild];

/** What the caller hears of an error; INTERNAL_ERROR of everything that nobody expected. */
export const problemOfError = (error: unknown): Problem => {
  if (error instanceof DomainError) return { code: error.code, details: error.details };
  if (error instanceof CommandRejected) {
    const { rejection, index } = error;
    return { code: rejection.code, details: { ...rejection.details, index } };
  }
  const special = specials.map((problemOf) => problemOf(error)).find((problem) => problem !== undefined);
  if (special) return special;
  if (!(error instanceof RequestError)) return foreign(error);
  const { code, faults, headers } = error;
  return { code, headers, details: faults.length > 0 ? { errors: faults } : {} };
};
