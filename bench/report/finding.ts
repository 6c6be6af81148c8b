import type { Measurement, Round } from '../measurement.ts';
import { median, percentile, throughputOf } from './figures.ts';

export type Unit = '%' | '×' | 'ms' | 'errors';

export type Target = { readonly relation: '≥' | '≤' | '<' | '='; readonly value: number };

/** What a step is there to find out, next to what the ledger aims at. It reports; it does not gate. */
export type Finding = {
  readonly scenario: string;
  readonly sentence: string;
  /** A ratio where the unit is `%` or `×`. */
  readonly value: number;
  readonly unit: Unit;
  /** The same figure of each round alone: how far they lie apart says how far to trust it. */
  readonly rounds: readonly number[];
  readonly target?: Target;
};

/** What is asked, and what is hoped for; left out, there is no target. */
export type Question = { readonly what: string; readonly unit: Unit; readonly target?: Target };

export const atLeast = (value: number): Target => ({ relation: '≥', value });
export const atMost = (value: number): Target => ({ relation: '≤', value });
export const below = (value: number): Target => ({ relation: '<', value });

type Read = (round: Round) => number;

/** Of the medians of the rounds; and of each pair of rounds that ran one after the other. */
const ratio = (left: Measurement, right: Measurement, read: Read, { what, ...rest }: Question): Finding => {
  const [lefts, rights] = [left.rounds.map(read), right.rounds.map(read)];
  return {
    scenario: left.scenario,
    sentence: what,
    ...rest,
    value: median(lefts) / median(rights),
    rounds: lefts.map((value, index) => value / (rights[index] ?? NaN)),
  };
};

/** The throughput of the first in terms of the second's. */
export const throughputRatio = (left: Measurement, right: Measurement, question: Question): Finding =>
  ratio(left, right, throughputOf, question);

const latencyAt =
  (share: number): Read =>
  ({ latencies }) =>
    percentile(latencies, share);

/** A percentile of the first's latency in terms of the second's. */
export const latencyRatio = (
  [left, right]: readonly [Measurement, Measurement],
  share: number,
  question: Question,
): Finding => ratio(left, right, latencyAt(share), question);

/** A percentile of the latency in milliseconds: the median of those of the rounds. */
export const latency = (measured: Measurement, share: number, { what, target }: Omit<Question, 'unit'>): Finding => {
  const rounds = measured.rounds.map(latencyAt(share));
  const { scenario } = measured;
  return { scenario, sentence: what, unit: 'ms', value: median(rounds), rounds, ...(target && { target }) };
};

/** The memory of the API after the last round as a share of that after the first. */
export const memoryGrowth = (
  { scenario, rounds }: Measurement,
  { what, target }: { readonly what: string; readonly target?: Target },
): Finding => {
  const ratios = rounds.map(({ costs }) => (costs.apiMemory ?? NaN) / (rounds[0]?.costs.apiMemory ?? NaN));
  return {
    scenario,
    sentence: what,
    unit: '×',
    value: ratios.at(-1) ?? NaN,
    rounds: ratios,
    ...(target && { target }),
  };
};

/** How many requests did not end as they should. */
export const errors = ({ scenario, rounds }: Measurement, what: string): Finding => {
  const counts = rounds.map((round) => round.errors);
  const value = counts.reduce((sum, count) => sum + count, 0);
  return { scenario, sentence: what, unit: 'errors', value, rounds: counts, target: { relation: '=', value: 0 } };
};

const holds: Readonly<Record<Target['relation'], (value: number, target: number) => boolean>> = {
  '≥': (value, target) => value >= target,
  '≤': (value, target) => value <= target,
  '<': (value, target) => value < target,
  '=': (value, target) => value === target,
};

/** Whether the target is met, by the figure as it is and not as it is rounded; undefined where there is none. */
export const isMet = ({ value, target }: Finding): boolean | undefined =>
  target && holds[target.relation](value, target.value);
