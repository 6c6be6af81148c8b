import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { LedgerError } from '../../application/commit/ledger-error.ts';
import { StorageUnavailable } from '../../application/ports/storage-errors.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { type ProblemCode, problemByCode, problemOf, RequestError } from '../problem-details.ts';
import { send } from '../send.ts';
import { requestIdOf } from './request-context.ts';

export const RETRY_AFTER_SECONDS = 1;

type Problem = {
  readonly code: ProblemCode;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Errors of Express and its body reader carry a status; nothing else that they say is passed on. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'VALIDATION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** The file server's, too: a range or a condition of the caller's that cannot be met is nothing that went wrong on our side. */
const codeOf = (status: number): ProblemCode =>
  byStatus[status] ?? (status >= 400 && status < 500 ? 'VALIDATION_FAILED' : 'INTERNAL_ERROR');

const statusOf = (error: unknown): number => (error instanceof Error && 'status' in error ? Number(error.status) : 500);

const problemFrom = (error: unknown): Problem => {
  if (error instanceof DomainError) return { code: error.code, details: error.details };
  if (error instanceof LedgerError) return { code: error.code };
  if (error instanceof StorageUnavailable) return { code: 'UNAVAILABLE' };
  if (!(error instanceof RequestError)) return { code: codeOf(statusOf(error)) };
  const { code, faults, headers } = error;
  return { code, headers, details: faults.length > 0 ? { errors: faults } : {} };
};

export const sendProblem = (response: Response, { code, details = {}, headers = {} }: Problem): void => {
  const { status } = problemByCode[code];
  const retry = status === 503 ? { 'Retry-After': RETRY_AFTER_SECONDS.toString() } : {};
  const body = JSON.stringify(problemOf(code, requestIdOf(response), details));
  send(response, { status, type: 'application/problem+json', body, headers: { ...headers, ...retry } });
};

/** Every error becomes problem details. What nobody expected is logged whole and answered with nothing but a request id. */
export const errorHandler =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, _request, response, _next) => {
    const problem = problemFrom(error);
    if (problem.code === 'INTERNAL_ERROR') log.error({ err: error, id: requestIdOf(response) }, 'request failed');
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
