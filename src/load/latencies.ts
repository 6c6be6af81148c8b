import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Kind, kinds } from './wish.ts';

export type Latency = {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

const MICROSECONDS = 1_000;
const LONGEST = 3_600_000_000;

/**
 * Milliseconds, kept in Node's own HDR histogram: of fixed size however long the run, exact to three figures. The greatest is
 * kept beside it, because the histogram rounds that too. More than an hour counts as an hour among the percentiles.
 */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST, figures: 3 });

  #max = 0;

  record(milliseconds: number): void {
    this.#max = Math.max(this.#max, milliseconds);
    this.#histogram.record(Math.min(LONGEST, Math.max(1, Math.round(milliseconds * MICROSECONDS))));
  }

  reset(): void {
    this.#histogram.reset();
    this.#max = 0;
  }

  summary(): Latency {
    const { count } = this.#histogram;
    if (count === 0) return { count, p50: 0, p95: 0, p99: 0, max: 0 };
    const max = Math.round(this.#max * MICROSECONDS) / MICROSECONDS;
    // A percentile is the upper end of its bucket, which may lie a little above all that was recorded.
    const at = (percentile: number): number => Math.min(max, this.#histogram.percentile(percentile) / MICROSECONDS);
    return { count, p50: at(50), p95: at(95), p99: at(99), max };
  }
}

export const latenciesByKind = (): Readonly<Record<Kind, Latencies>> =>
  Object.fromEntries(kinds.map((kind) => [kind, new Latencies()])) as Record<Kind, Latencies>;
