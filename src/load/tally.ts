import { Latencies, latenciesByKind, type Latency } from './latencies.ts';
import type { Outcome, Witness } from './settle.ts';
import type { Kind } from './wish.ts';

/** What happened since the last look at it, for the line on the terminal. */
export type Moment = {
  readonly settled: number;
  readonly latency: Latency;
  /** Since the beginning. */
  readonly errors: number;
};

// What a sound ledger answers to withdrawals and transfers that were chosen by chance.
const expectedRefusals: ReadonlySet<string> = new Set(['422 INSUFFICIENT_FUNDS', '422 BALANCE_LIMIT_EXCEEDED']);

export const isExpectedRefusal = (code: string): boolean => expectedRefusals.has(code);

/** Everything that is counted while a load runs. Its size does not grow with the run. */
export class Tally implements Witness {
  readonly answers: Record<string, number> = {};
  readonly outcomes: Record<Outcome['kind'], number> = { acknowledged: 0, refused: 0, 'given-up': 0, unknown: 0 };
  readonly latencies = latenciesByKind();
  retries = 0;
  replays = 0;
  errors = 0;
  inTime = 0;
  /** Reads that got no balance; nobody sends them again. */
  failedReads = 0;
  readonly #recent = new Latencies();
  #settledBefore = 0;
  #settled = 0;

  answered({ label, isGood, isReplayed }: Parameters<Witness['answered']>[0]): void {
    this.answers[label] = (this.answers[label] ?? 0) + 1;
    if (!isGood && !isExpectedRefusal(label)) this.errors += 1;
    if (isReplayed) this.replays += 1;
  }

  retried(): void {
    this.retries += 1;
  }

  /** The latency in milliseconds, from when the request was due; only what was settled in time counts for the throughput. */
  settled(kind: Kind, outcome: Outcome['kind'], latency: number, isInTime: boolean): void {
    this.#settled += 1;
    if (kind !== 'balance') this.outcomes[outcome] += 1;
    else if (outcome !== 'acknowledged') this.failedReads += 1;
    if (outcome !== 'acknowledged') return;
    if (isInTime) this.inTime += 1;
    this.latencies[kind].record(latency);
    this.#recent.record(latency);
  }

  get requests(): number {
    return this.#settled;
  }

  moment(): Moment {
    const settled = this.#settled - this.#settledBefore;
    this.#settledBefore = this.#settled;
    const latency = this.#recent.summary();
    this.#recent.reset();
    return { settled, latency, errors: this.errors };
  }
}
