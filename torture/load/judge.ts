import type { Breaches } from '../breaches.ts';
import type { Door, Timed } from './door.ts';
import { PATIENCE_MS } from './door.ts';

/** What an answer means to the client that sent the request. */
export type Verdict =
  | { readonly kind: 'done'; readonly body: string }
  | { readonly kind: 'refused'; readonly code: string }
  /** To be sent again. Whether it may have been carried out all the same is said by `isOpen`. */
  | { readonly kind: 'again'; readonly isOpen: boolean };

// What a sound ledger may say to commands that were drawn by chance.
const refusals = new Set([
  'INSUFFICIENT_FUNDS',
  'HOLD_NOT_OPEN',
  'HOLD_EXPIRES_IN_PAST',
  'HOLD_LIMIT_EXCEEDED',
  'REVERSAL_EXCEEDS_ORIGINAL',
]);

const nothingHappened = new Set(['OVERLOADED', 'UNAVAILABLE', 'CONCURRENCY_CONFLICT']);

/** The retryable answers that a client is to see, all with Retry-After. */
const retryable = new Set(['503 OVERLOADED', '503 UNAVAILABLE', '503 OUTCOME_UNKNOWN', '409 CONCURRENCY_CONFLICT']);

const codeIn = (body: string): string => {
  try {
    return (JSON.parse(body) as { code?: string }).code ?? '';
  } catch {
    return '';
  }
};

type No = { readonly status: number; readonly code: string; readonly body: string; readonly retryAfter: number };

/** Reads answers, counts them, and tells of those that no client should see. */
export class Judge {
  readonly answers: Record<string, number> = {};

  constructor(private readonly breaches: Breaches) {}

  judge(what: string, door: Door, { answer, sent, answered }: Timed): Verdict {
    if (answer.status === undefined) return this.#unanswered(what, door, { reason: answer.reason, sent, answered });
    const { status, body, retryAfter } = answer;
    if (status === 200 || status === 201) {
      this.#count(String(status));
      return { kind: 'done', body };
    }
    return this.#no(what, { status, code: codeIn(body), body, retryAfter });
  }

  #no(what: string, { status, code, body, retryAfter }: No): Verdict {
    const label = `${status} ${code}`;
    this.#count(label);
    if (status === 422 && refusals.has(code)) return { kind: 'refused', code };
    if (!retryable.has(label)) this.breaches.add('answer', `${what} was answered ${status} ${body}`);
    else if (retryAfter === 0) this.breaches.add('answer', `${what} was answered ${label} without Retry-After`);
    else return { kind: 'again', isOpen: !nothingHappened.has(code) };
    return status < 500 ? { kind: 'refused', code } : { kind: 'again', isOpen: true };
  }

  #count(label: string): void {
    this.answers[label] = (this.answers[label] ?? 0) + 1;
  }

  #unanswered(
    what: string,
    { node }: Door,
    { reason, sent, answered }: { readonly reason: string; readonly sent: number; readonly answered: number },
  ): Verdict {
    this.#count(reason);
    if (reason === 'timeout') {
      this.breaches.add('silence', `${what} had no answer from ${node.name} within ${PATIENCE_MS / 1_000} s`);
    } else if (!node.wasAway(sent, answered)) {
      this.breaches.add('answer', `${what} got ${reason} from ${node.name}, which nobody had killed`);
    }
    return { kind: 'again', isOpen: true };
  }
}
