import type { Measurement, Round } from '../measurement.ts';

const ascending = (numbers: Iterable<number>): Float64Array => Float64Array.from(numbers).sort();

/** Nearest rank: the smallest recorded value that this share of all values does not exceed. NaN where there are none. */
export const percentile = (numbers: Iterable<number>, share: number): number => {
  const sorted = ascending(numbers);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
};

/** The middle one, or halfway between the two in the middle. NaN where there are none. */
export const median = (numbers: readonly number[]): number => {
  const sorted = ascending(numbers);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Commands and queries that went well, a second. */
export const throughputOf = ({ inTime, seconds }: Round): number => inTime / seconds;

/** The same of every round, or undefined where one does not have it. */
const inEveryRound = (
  rounds: readonly Round[],
  read: (round: Round) => number | undefined,
): readonly number[] | undefined => {
  const values = rounds.map(read).filter((value) => value !== undefined);
  return values.length === rounds.length ? values : undefined;
};

const perOperation = (rounds: readonly Round[], read: (round: Round) => number | undefined): number | undefined => {
  const costs = inEveryRound(rounds, read);
  return costs && sum(costs) / sum(rounds.map(({ operations }) => operations));
};

/** One line of the table. Times in milliseconds, CPU time in microseconds per command or query. */
export type Row = {
  readonly scenario: string;
  readonly title: string;
  readonly contender: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly errors: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly apiCpu: number | undefined;
  readonly mongodCpu: number | undefined;
  readonly clientCpu: number | undefined;
  readonly commandsPerTransaction: number | undefined;
  /** Bytes, at the end of the round where they were most. */
  readonly apiMemory: number | undefined;
};

const addedUp = (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap(Object.entries<number>)) total[name] = (total[name] ?? 0) + count;
  return total;
};

/** Throughput is the median of the rounds; latencies are those of all rounds together. */
export const rowOf = ({ scenario, title, contender, pacing, rounds }: Measurement): Row => {
  const latencies = rounds.flatMap((round) => [...round.latencies]);
  const transactions = inEveryRound(rounds, ({ costs }) => costs.transactions);
  const memory = inEveryRound(rounds, ({ costs }) => costs.apiMemory);
  const commands = sum(rounds.map((round) => round.commands));
  return {
    scenario,
    title,
    contender,
    connections: pacing.connections,
    perSecond: median(rounds.map(throughputOf)),
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    errors: sum(rounds.map(({ errors }) => errors)),
    outcomes: addedUp(rounds.map(({ outcomes }) => outcomes)),
    apiCpu: perOperation(rounds, ({ costs }) => costs.api),
    mongodCpu: perOperation(rounds, ({ costs }) => costs.mongod),
    clientCpu: perOperation(rounds, (round) => round.clientCpu),
    commandsPerTransaction: transactions && commands > 0 ? commands / sum(transactions) : undefined,
    apiMemory: memory && Math.max(...memory),
  };
};
