import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Connection, LoadRequest } from './connection.ts';
import type { Random } from './random.ts';

/** What became of a request as far as its sender can know. */
export type Outcome =
  | { readonly kind: 'acknowledged'; readonly body: string }
  | { readonly kind: 'refused'; readonly code: string }
  /** Sent again for as long as there was patience, and each time told that nothing had happened. */
  | { readonly kind: 'given-up'; readonly code: string }
  | { readonly kind: 'unknown'; readonly code: string };

/** Told of every single answer, so that nothing that went wrong on the way is lost in a good end. */
export type Witness = {
  readonly answered: (answer: {
    readonly label: string;
    readonly isGood: boolean;
    readonly isReplayed: boolean;
  }) => void;
  readonly retried: () => void;
};

export type Patience = { readonly retryFor: number; readonly random: Random };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
// A server may ask for more, but not for so much that the run stands still.
const LONGEST_RETRY_AFTER_MS = 10_000;

type Problem = { readonly code: string; readonly retryable: boolean };

/** The code and `retryable` of problem details; what has none, such as a proxy's page, counts by its status. */
const problemOf = (status: number, body: string): Problem => {
  const byStatus = status >= 500 || status === 408 || status === 429;
  try {
    const { code, retryable } = JSON.parse(body) as { code?: unknown; retryable?: unknown };
    return { code: typeof code === 'string' ? code : '', retryable: byStatus || retryable === true };
  } catch {
    return { code: '', retryable: byStatus };
  }
};

type Verdict = {
  readonly label: string;
  readonly fate: 'done' | 'refused' | 'again';
  readonly body: string;
  readonly isReplayed: boolean;
  readonly mayHaveHappened: boolean;
};

// Codes of answers that promise that nothing happened; of all others that may be repeated, nobody knows.
const nothingHappened = new Set(['OVERLOADED', 'UNAVAILABLE', 'CONCURRENCY_CONFLICT']);

const judge = (answer: Answer): Verdict => {
  if (answer.status === undefined) {
    return { label: answer.reason, fate: 'again', body: '', isReplayed: false, mayHaveHappened: true };
  }
  const { status, body, isReplayed } = answer;
  if (status === 200 || status === 201) {
    return { label: `${status}`, fate: 'done', body, isReplayed, mayHaveHappened: true };
  }
  const { code, retryable } = problemOf(status, body);
  const label = code === '' ? `${status}` : `${status} ${code}`;
  const fate = retryable ? 'again' : 'refused';
  return { label, fate, body, isReplayed, mayHaveHappened: !nothingHappened.has(code) };
};

/** Doubles with each attempt, half of it by chance: clients that failed together shall not come back together. */
const pauseBefore = (attempt: number, answer: Answer, random: Random): number => {
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
  const asked = answer.status === undefined ? 0 : Math.min(answer.retryAfter, LONGEST_RETRY_AFTER_MS);
  return Math.max(asked, growing / 2) + (random() * growing) / 2;
};

/**
 * Sends a request, and again under the same key while the answer allows it, until its outcome is known or `retryFor` is over.
 * A refusal that follows an attempt without an answer settles nothing: that attempt may still be on its way.
 */
export const settle = async (
  connection: Connection,
  request: LoadRequest,
  { retryFor, random }: Patience,
  witness: Witness,
): Promise<Outcome> => {
  const begun = performance.now();
  let isOpen = false;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await connection.send(request);
    const { label, fate, body, isReplayed, mayHaveHappened } = judge(answer);
    witness.answered({ label, isGood: fate === 'done', isReplayed });
    if (fate === 'done') return { kind: 'acknowledged', body };
    if (fate === 'refused') return { kind: isOpen ? 'unknown' : 'refused', code: label };
    isOpen ||= mayHaveHappened;
    const pause = pauseBefore(attempt, answer, random);
    if (performance.now() + pause - begun > retryFor) return { kind: isOpen ? 'unknown' : 'given-up', code: label };
    await sleep(pause);
    witness.retried();
  }
};
