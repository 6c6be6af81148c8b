import { table } from '../terminal.ts';
import type { Breach } from './breaches.ts';
import { milliseconds } from './progress.ts';
import type { Report } from './report.ts';
import { LATE_MS } from './schedule.ts';

const BREACHES_SHOWN = 50;

const count = (value: number): string => value.toLocaleString('en');

const latencyTable = ({ latencies }: Report): string => {
  const rows = Object.entries(latencies).map(([kind, latency]) => [
    kind,
    count(latency.count),
    ...[latency.p50, latency.p95, latency.p99, latency.max].map(milliseconds),
  ]);
  return table([['done', 'count', 'p50', 'p95', 'p99', 'max'], ...rows]);
};

const answerTable = ({ answers }: Report): string => {
  const byCount = Object.entries(answers).toSorted(([, left], [, right]) => right - left);
  return table([['answer', 'count'], ...byCount.map(([label, times]) => [label, count(times)])]);
};

const scheduleLines = ({ schedule }: Report): readonly string[] => {
  if (!schedule) return [];
  const { late, p50, p99, max, unsent } = schedule;
  const lag = `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)}`;
  return [
    `Sent behind schedule: ${lag}; ${count(late)} more than ${LATE_MS} ms late. That wait is part of the latencies.`,
    ...(unsent > 0
      ? [
          `${count(unsent)} requests were due and never sent: neither server nor client kept up, and no latency tells of them.`,
        ]
      : []),
  ];
};

const breachLine = ({ kind, account, key, eventId, detail }: Breach): string =>
  [
    `  ${kind}`,
    ...(account === undefined ? [] : [`account ${account}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
    detail,
  ].join(', ');

const checkLines = ({ check, commands, run }: Report): readonly string[] => {
  const { accounts, events, total, totalAtLeast, totalAtMost, unknownFound, breaches, named } = check;
  const read = `Read ${count(accounts)} accounts with ${count(events)} events; together they hold ${total} ${run.currency} in minor units.`;
  const unknown =
    commands.unknown === 0
      ? []
      : [
          `${count(commands.unknown)} commands have no known outcome: ${count(unknownFound)} of them are recorded. The total may be ${totalAtLeast} to ${totalAtMost}.`,
        ];
  if (breaches === 0)
    return [read, ...unknown, 'The books are right: nothing lost, nothing doubled, no money made or gone.'];
  const more = breaches > BREACHES_SHOWN ? [`  … and ${count(breaches - BREACHES_SHOWN)} more`] : [];
  return [
    read,
    ...unknown,
    `The books are WRONG: ${count(breaches)} breaches.`,
    ...named.slice(0, BREACHES_SHOWN).map(breachLine),
    ...more,
  ];
};

/** The report for the person at the terminal. */
export const reportText = (report: Report): string => {
  const { throughput, elapsedSeconds, requests, commands, failedReads, retries, replays, clientCpu, run } = report;
  const outcomes = `${count(commands.acknowledged)} acknowledged, ${count(commands.refused)} refused, ${count(commands['given-up'])} given up, ${count(commands.unknown)} unknown`;
  return [
    '',
    `${count(Math.round(throughput))} requests/s for ${elapsedSeconds.toFixed(1)} s; ${count(requests)} in all. Run ${run.runId}, seed ${run.seed}.`,
    '',
    latencyTable(report),
    '',
    answerTable(report),
    '',
    `Commands: ${outcomes}. ${count(retries)} retries, ${count(replays)} replayed answers, ${count(failedReads)} failed reads.`,
    ...scheduleLines(report),
    `This client took ${clientCpu.toFixed(0)} µs of CPU a request.`,
    '',
    ...checkLines(report),
    ...(requests > 0 && throughput > 0 ? [] : ['Nothing succeeded in the time of the run.']),
  ].join('\n');
};
