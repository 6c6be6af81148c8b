import type { Measurement, Round } from '../measurement.ts';
import { median, percentile, throughputOf } from './figures.ts';

/** What a scenario is there to find out, next to what the ledger aims at. It reports; it does not gate. */
export type Finding = {
  readonly scenario: string;
  /** With `#` where the value goes. */
  readonly sentence: string;
  readonly value: number;
  /** The same figure of each round alone: how far they lie apart says how far to trust it. */
  readonly rounds: readonly number[];
  readonly target: { readonly relation: '≥' | '<'; readonly value: number };
};

/** How many times the throughput of the second server the first one has: of the medians of their rounds. */
export const throughputRatio = (
  [first, second]: readonly Measurement[],
  what: string,
  atLeast: number,
): Finding | undefined => {
  if (!first || !second) return undefined;
  const [firsts, seconds] = [first, second].map(({ rounds }) => rounds.map(throughputOf));
  if (!firsts || !seconds) return undefined;
  return {
    scenario: first.scenario,
    sentence: `${what}: # × ${second.server}`,
    value: median(firsts) / median(seconds),
    rounds: firsts.map((throughput, index) => throughput / (seconds[index] ?? NaN)),
    target: { relation: '≥', value: atLeast },
  };
};

/** A percentile of the latency on the first server: the median of those of its rounds. */
export const latency = (
  [measurement]: readonly Measurement[],
  what: string,
  share: number,
  below: number,
): Finding | undefined => {
  if (!measurement) return undefined;
  const ofRound = ({ latencies }: Round): number => percentile(latencies, share);
  const rounds = measurement.rounds.map(ofRound);
  return {
    scenario: measurement.scenario,
    sentence: `${what} # ms`,
    value: median(rounds),
    rounds,
    target: { relation: '<', value: below },
  };
};
