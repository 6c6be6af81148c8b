import type { Breach } from './breaches.ts';
import type { RecoveryTime } from './faults/recovery.ts';
import type { Play } from './play.ts';

/** How long the ledger took to be written to again after it lost its primary, in milliseconds. */
type RecoveryTimes = {
  readonly fault: string;
  /** Whether nothing else was injected meanwhile. */
  readonly isAlone: boolean;
  readonly count: number;
  readonly median: number;
  readonly longest: number;
};

export type Report = {
  readonly isSound: boolean;
  readonly seed: number;
  readonly seconds: number;
  readonly electionTimeout: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultCount: number;
  readonly commands: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly refused: number;
    readonly replays: number;
  };
  readonly events: number;
  readonly reads: number;
  /** Readings of the bank's total that were made and equal, and those that failed. */
  readonly totals: { readonly snapshots: number; readonly trialBalances: number; readonly failed: number };
  readonly answers: Readonly<Record<string, number>>;
  readonly recovery: readonly RecoveryTimes[];
  readonly breaches: number;
  readonly named: readonly Breach[];
};

const summaryOf = (times: readonly RecoveryTime[]): readonly RecoveryTimes[] => {
  const [first] = times;
  if (!first) return [];
  const { fault, isAlone } = first;
  const all = times.map(({ milliseconds }) => Math.round(milliseconds)).sort((left, right) => left - right);
  return [{ fault, isAlone, count: all.length, median: all[all.length >> 1] ?? 0, longest: all.at(-1) ?? 0 }];
};

const recoveryTimes = ({ recovery: { times } }: Play): readonly RecoveryTimes[] =>
  [...new Set(times.map(({ fault }) => fault))].flatMap((fault) =>
    [true, false].flatMap((alone) => summaryOf(times.filter((time) => time.fault === fault && time.isAlone === alone))),
  );

export const reportOf = (play: Play, { seconds, events }: Pick<Report, 'seconds' | 'events'>): Report => {
  const { history, judge, totals, breaches, options, faultCounts } = play;
  const { seed, electionTimeout } = options;
  return {
    isSound: breaches.count === 0 && history.acknowledged > 0,
    seed,
    seconds,
    electionTimeout,
    faults: faultCounts,
    faultCount: Object.values(faultCounts).reduce((sum, count) => sum + count, 0),
    commands: {
      sent: history.commands.length,
      acknowledged: history.acknowledged,
      refused: history.commands.filter(({ acknowledged, isSettled }) => isSettled && acknowledged === undefined).length,
      replays: history.replays,
    },
    events,
    reads: history.readings.length,
    totals: totals.counts,
    answers: judge.answers,
    recovery: recoveryTimes(play),
    breaches: breaches.count,
    named: breaches.kept,
  };
};

const SHOWN = 20;

const pairs = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

/** The report for the person at the terminal. */
export const textOf = (report: Report): string => {
  const { seed, faultCount, commands, totals, recovery, breaches, named } = report;
  const { sent, acknowledged, refused, replays } = commands;
  return [
    '',
    `${faultCount} faults in ${report.seconds} s, seed ${seed}: ${pairs(report.faults)}.`,
    `${sent} commands: ${acknowledged} acknowledged, ${refused} refused; ${replays} replayed answers, ${report.reads} reads, ${report.events} events.`,
    `Answers: ${pairs(report.answers)}.`,
    `The bank's total: ${totals.snapshots + totals.trialBalances} readings (${totals.trialBalances} of them trial balances), ${totals.failed} failed.`,
    ...recovery.map(
      ({ fault, isAlone, count, median, longest }) =>
        `Written again after "${fault}"${isAlone ? '' : ' with other faults meanwhile'}, ${count} times: median ${seconds(median)}, longest ${seconds(longest)}.`,
    ),
    ...named.slice(0, SHOWN).map(({ kind, detail }) => `  ${kind}: ${detail}`),
    breaches === 0
      ? 'Every promise was kept: nothing lost, nothing doubled, no money made or gone.'
      : `${breaches} promises were BROKEN. Again with --seed ${seed}.`,
  ].join('\n');
};
