import { type Finding, isMet, type Unit } from './finding.ts';
import type { Row } from './figures.ts';

export type Machine = {
  readonly cpus: number;
  readonly platform: string;
  readonly node: string;
  /** One minute's, before the run: what else the machine had to do. */
  readonly loadAverage: number;
};

export type Report = {
  readonly machine: Machine;
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
  /** A sentence for each account on which a command was lost or carried out twice; there must be none. */
  readonly losses: readonly string[];
};

const counted = (value: number): string => Math.round(value).toLocaleString('en');
const milliseconds = (value: number): string => value.toFixed(1);
const optional = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined || !Number.isFinite(value) ? '-' : text(value);

type Column = { readonly head: string; readonly cell: (row: Row) => string };

const columns: readonly Column[] = [
  { head: 'scenario', cell: ({ title }) => title },
  { head: 'who', cell: ({ contender }) => contender },
  { head: 'conns', cell: ({ connections }) => connections.toString() },
  { head: '1/s', cell: ({ perSecond }) => counted(perSecond) },
  { head: 'p50 ms', cell: ({ p50 }) => optional(p50, milliseconds) },
  { head: 'p95', cell: ({ p95 }) => optional(p95, milliseconds) },
  { head: 'p99', cell: ({ p99 }) => optional(p99, milliseconds) },
  { head: 'max', cell: ({ max }) => optional(max, milliseconds) },
  { head: 'errors', cell: ({ errors }) => errors.toString() },
  { head: 'API µs', cell: ({ apiCpu }) => optional(apiCpu, counted) },
  { head: 'mongod µs', cell: ({ mongodCpu }) => optional(mongodCpu, counted) },
  { head: 'client µs', cell: ({ clientCpu }) => optional(clientCpu, counted) },
  { head: 'API MB', cell: ({ apiMemory }) => optional(apiMemory, (bytes) => counted(bytes / 1e6)) },
  { head: 'cmds/txn', cell: ({ commandsPerTransaction }) => optional(commandsPerTransaction, (n) => n.toFixed(1)) },
];

// The first two columns are words, the others numbers.
const WORDS = 2;

const aligned = (lines: readonly (readonly string[])[], words: number): readonly string[] => {
  const [head = []] = lines;
  const widths = head.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (cell: string, index: number): string =>
    index < words ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0);
  return lines.map((line) => line.map(pad).join('  ').trimEnd());
};

const tableLines = (rows: readonly Row[]): readonly string[] =>
  aligned([columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))], WORDS);

const inUnit: Readonly<Record<Unit, (value: number) => string>> = {
  '%': (value) => `${(value * 100).toFixed(1)} %`,
  '×': (value) => `${value.toFixed(2)} ×`,
  ms: (value) => `${value.toFixed(1)} ms`,
  errors: (value) => `${value} errors`,
};

const verdictOf = (finding: Finding): string => {
  const met = isMet(finding);
  if (met === undefined) return '';
  return met ? 'met' : 'missed';
};

const findingCells = (finding: Finding): readonly string[] => {
  const { scenario, sentence, unit, value, rounds, target } = finding;
  const said = inUnit[unit];
  const spread = `${said(Math.min(...rounds))} … ${said(Math.max(...rounds))}`;
  return [
    scenario,
    sentence,
    said(value),
    spread,
    target ? `${target.relation} ${said(target.value)}` : '',
    verdictOf(finding),
  ];
};

const findingLines = (findings: readonly Finding[]): readonly string[] =>
  aligned([['scenario', 'finding', 'value', 'rounds', 'target', ''], ...findings.map(findingCells)], WORDS);

const errorLines = (rows: readonly Row[]): readonly string[] =>
  rows
    .filter(({ errors }) => errors > 0)
    .map(({ title, contender, outcomes }) => {
      const counts = Object.entries(outcomes).map(([name, count]) => `${count} × ${name}`);
      return `Not all went well: ${title.trim()}, ${contender}: ${counts.join(', ')}`;
    });

const SHOWN_LOSSES = 20;

const lossLines = (losses: readonly string[]): readonly string[] =>
  losses.length === 0
    ? ['Every acknowledged command is in the balances, once.']
    : [`COMMANDS WERE LOST OR DOUBLED ON ${losses.length} ACCOUNTS, such as`, ...losses.slice(0, SHOWN_LOSSES)];

/** The report for a person: the table, what the scenarios were there to find out, and whether the ledger told the truth. */
export const textOf = ({ machine, rounds, secondsPerRound, rows, findings, losses }: Report): string => {
  const { cpus, platform, node, loadAverage } = machine;
  const conditions =
    `${rounds} rounds of ${secondsPerRound} s; ${cpus} CPUs, ${platform}, Node ${node}, ` +
    `load average ${loadAverage.toFixed(1)} before the run`;
  const parts = [tableLines(rows), findingLines(findings), [...errorLines(rows), ...lossLines(losses), conditions]];
  return parts.map((lines) => lines.join('\n')).join('\n\n');
};

/** The same for a program. */
export const jsonOf = (report: Report): string =>
  JSON.stringify({ ...report, findings: report.findings.map((one) => ({ ...one, met: isMet(one) })) }, undefined, 2);
