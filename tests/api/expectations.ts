import { expect } from 'vitest';
import type { z } from 'zod';
import { type ProblemCode, problemByCode } from '../../src/http/problem-details.ts';
import { problemView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';

export const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The body as its view has it: a member too many or too few fails. */
export const bodyAs = <V extends z.ZodType>(view: V, reply: Reply, status = 200): z.output<V> => {
  expect(reply.status, reply.text.slice(0, 500)).toBe(status);
  expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(reply.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  return view.parse(reply.body);
};

/** Problem details of this code, whole; `details`, where given, are all the members that it has beyond the common ones. */
export const expectProblem = (reply: Reply, code: ProblemCode, details?: Json): Json => {
  const { status, title, next, retryable } = problemByCode[code];
  expect({ status: reply.status, code: reply.body.code }, reply.text.slice(0, 500)).toEqual({ status, code });
  expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = problemView.parse(reply.body);
  const type = `urn:daybook:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  const requestId = reply.headers.get('x-request-id');
  const common = { type, title, status, code, detail: next, retryable, requestId };
  expect(problem).toMatchObject(common);
  if (details) expect(problem).toEqual({ ...common, ...details });
  if (retryable) expect(reply.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  else expect(reply.headers.has('retry-after')).toBe(false);
  return reply.body;
};

/** Where a malformed request is at fault, as `place at`; every fault must say what is wrong. */
export const faultsOf = (reply: Reply): readonly string[] => {
  expectProblem(reply, 'VALIDATION_FAILED');
  const { errors = [] } = problemView.parse(reply.body);
  for (const { detail } of errors) expect(detail).not.toBe('');
  return errors.map((fault) => `${fault.in} ${fault.at}`);
};
