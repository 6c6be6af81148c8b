import type { ErrorRequestHandler, Response } from 'express';
import type { Access } from '../../application/access/access.ts';
import { AccessRefused } from '../../application/access/principal.ts';
import { problemByCode, problemOf } from '../problem-details.ts';
import { type Problem, problemOfError } from '../problem-of-error.ts';
import { RETRY_AFTER, send } from '../send.ts';
import { noteRefusal } from './authentication.ts';
import { logFailure, requestIdOf } from './request-context.ts';

export const sendProblem = (response: Response, { code, details = {}, headers = {} }: Problem): void => {
  const { status, retryable } = problemByCode[code];
  const retry = retryable ? RETRY_AFTER : {};
  const body = JSON.stringify(problemOf(code, requestIdOf(response), details));
  send(response, { status, type: 'application/problem+json', body, headers: { ...retry, ...headers } });
};

/** Every error becomes problem details. What nobody expected is logged whole and answered with nothing but a request id. */
export const errorHandler =
  (access: Access): ErrorRequestHandler =>
  (error: unknown, _request, response, _next) => {
    const problem = problemOfError(error);
    if (error instanceof AccessRefused) noteRefusal(access, response, error);
    if (problem.code === 'INTERNAL_ERROR') logFailure(response, error);
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
