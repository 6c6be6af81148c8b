import { Latencies, type Latency } from './latencies.ts';

export type Lag = Latency & {
  /** Requests that were sent later than `LATE_MS` after they were due. */
  readonly late: number;
};

// Timers fire about a millisecond late, and nobody would call that late.
export const LATE_MS = 10;

/**
 * When each request of an open load is due, and how late it was sent: because the client was too busy, or because every
 * connection waited for an answer. A latency runs from when its request was due, so that this wait is never left out.
 */
export class Schedule {
  readonly #lags = new Latencies();
  #late = 0;

  constructor(
    private readonly start: number,
    private readonly perSecond: number,
  ) {}

  /** On the clock of `performance.now()`. Multiplied, not summed up: errors of rounding must not grow over a long run. */
  dueAt(place: number): number {
    return this.start + (place * 1_000) / this.perSecond;
  }

  /** How many requests are due before that moment. */
  countBefore(moment: number): number {
    return Math.max(0, Math.ceil(((moment - this.start) * this.perSecond) / 1_000));
  }

  sent(due: number, now: number): void {
    const lag = Math.max(0, now - due);
    this.#lags.record(lag);
    if (lag > LATE_MS) this.#late += 1;
  }

  summary(): Lag {
    return { ...this.#lags.summary(), late: this.#late };
  }
}
