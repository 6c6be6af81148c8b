import { charactersOf, fit, type Paint } from './paint.ts';

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const EIGHTHS = 8;

export type Chart = {
  /** One for each column. */
  readonly curve: readonly bigint[];
  /** The column in which one stands. */
  readonly marker: number;
  readonly amount: (balance: bigint) => string;
};

const smallest = (curve: readonly bigint[]): bigint => curve.reduce((least, it) => (it < least ? it : least));
const largest = (curve: readonly bigint[]): bigint => curve.reduce((most, it) => (it > most ? it : most));

/** How high each balance stands, in eighths of a line: one for the lowest of all, everything for the highest. */
const levelsOf = (curve: readonly bigint[], height: number): readonly number[] => {
  const [low, high] = [smallest(curve), largest(curve)];
  const top = height * EIGHTHS;
  if (low === high) return curve.map(() => Math.ceil(top / 2));
  return curve.map((balance) => 1 + Math.round((Number(balance - low) / Number(high - low)) * (top - 1)));
};

const blockIn = (level: number, line: number): string =>
  BLOCKS[Math.min(Math.max(level - line * EIGHTHS, 0), EIGHTHS)] ?? ' ';

const drawLine = ({ curve, marker }: Chart, levels: readonly number[], line: number, paint: Paint): string => {
  const cell = (level: number, column: number): string => {
    const block = blockIn(level, line);
    if (column === marker) return paint('yellow', block === ' ' ? '┊' : block);
    return (curve[column] ?? 0n) < 0n ? paint('red', block) : block;
  };
  return levels.map(cell).join('');
};

/** A line across with a text in it; the marker goes before the text. */
const rule = (text: string, columns: number, marker?: number): string => {
  const line = charactersOf(fit(`── ${text} `, columns).padEnd(columns, '─'));
  if (marker === undefined) return line.join('');
  if (marker < text.length + 4)
    line.splice(0, columns, ...charactersOf(fit(` ${text} ──`, columns).padStart(columns, '─')));
  line[marker] = '▲';
  return line.join('');
};

/** The balance over time: highest and lowest said above and below, and a mark where one stands. */
export const drawChart = (
  chart: Chart,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  paint: Paint,
): readonly string[] => {
  const { curve, marker, amount } = chart;
  const height = rows - 2;
  if (curve.length !== columns) {
    return [rule('reading the balances …', columns), ...Array<string>(height).fill(''), rule('', columns, marker)];
  }
  const levels = levelsOf(curve, height);
  const lines = Array.from({ length: height }, (_, index) => drawLine(chart, levels, height - 1 - index, paint));
  return [
    paint('dim', rule(`highest ${amount(largest(curve))}`, columns)),
    ...lines,
    rule(`lowest ${amount(smallest(curve))}`, columns, marker),
  ];
};
