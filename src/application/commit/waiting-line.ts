import { handlerOf } from '../commands/handlers.ts';
import { idempotencyKeyIdOf } from './claims.ts';
import type { Submission } from './decide-batch.ts';
import type { Pending } from './settle-batch.ts';

/** Everything that only one transaction at a time should be about: accounts, keys, and ids that can be used once. */
const touchedBy = (submission: Submission): readonly string[] =>
  submission.flatMap(({ wish, envelope }) => {
    const handler = handlerOf(wish);
    const ids = [idempotencyKeyIdOf(envelope), envelope.transactionId, handler.newTransferId?.(wish)];
    return [...handler.streamsOf(wish), ...ids.filter((id) => id !== undefined)];
  });

// So far a batch looks for what it may take; the rest of a long line waits for the next one.
const LOOK_AHEAD = 4_096;

/** A submission in the line, and what it is about. */
export type Waiting = Pending & { readonly touched: readonly string[] };

/** Submissions in the order of their arrival. */
export class WaitingLine {
  #line: Waiting[] = [];
  #commands = 0;

  /** Commands in the line. */
  get commands(): number {
    return this.#commands;
  }

  push(pending: Pending): void {
    this.#line.push({ ...pending, touched: touchedBy(pending.submission) });
    this.#commands += pending.submission.length;
  }

  /**
   * Takes up to `limit` commands that have nothing to do with what is busy, nor with anything that stays in front of them: what
   * touches the same account keeps its order. What stands or falls together is never divided, however large it is.
   */
  take(limit: number, isBusy: (touched: string) => boolean): readonly Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    const waitedFor = new Set<string>();
    let commands = 0;
    let looked = 0;
    for (const pending of this.#line) {
      if (commands >= limit || looked >= LOOK_AHEAD) break;
      looked += 1;
      const fits = commands === 0 || commands + pending.submission.length <= limit;
      if (fits && !pending.touched.some((one) => isBusy(one) || waitedFor.has(one))) {
        taken.push(pending);
        commands += pending.submission.length;
      } else {
        left.push(pending);
        for (const one of pending.touched) waitedFor.add(one);
      }
    }
    this.#line = left.concat(this.#line.slice(looked));
    this.#commands -= commands;
    return taken;
  }

  /** Takes those whose deadline has passed. Those in front wait longest, so the first that has time left ends the search. */
  takeExpired(now: number): readonly Pending[] {
    const inTime = this.#line.findIndex(({ deadline }) => deadline >= now);
    const expired = this.#line.splice(0, inTime === -1 ? this.#line.length : inTime);
    for (const { submission } of expired) this.#commands -= submission.length;
    return expired;
  }
}
