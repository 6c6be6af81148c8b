import type { Outcome } from '../../application/commit/decide-batch.ts';
import { problemByCode, problemOf } from '../problem-details.ts';
import type { Problem } from '../problem-of-error.ts';

const member = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;

// The stored answer is JSON already, and stays what it is to the byte.
export const presentOutcome = ({ answer, replayed }: Outcome): string => {
  const { status, body, etag, location } = answer;
  const others = member('etag', etag) + member('location', location) + (replayed ? ',"replayed":true' : '');
  return `{"status":${status},"body":${body}${others}}`;
};

/** What the command would have been answered at its own address. */
export const presentRefusal = ({ code, details }: Problem, requestId: string): string =>
  `{"status":${problemByCode[code].status},"problem":${JSON.stringify(problemOf(code, requestId, details))}}`;

export const presentResults = (mode: 'independent' | 'atomic', results: readonly string[]): string =>
  `{"mode":"${mode}","results":[${results.join()}]}`;
