import type { Difference } from '../application/replay/differences.ts';

const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
};

/** One difference, cell by cell: where it is, what the events say, what the read model has. */
export const differenceLines = ({ table, accountId, id, kind, cells }: Difference): readonly string[] => {
  const place = `${table}, account ${accountId}, row ${id}`;
  if (kind !== 'different') return [`${place}: ${kind === 'missing' ? 'is missing' : 'has no event'}`];
  return cells.map(
    ({ field, expected, found }) => `${place}: ${field} is ${shown(found)}, the events say ${shown(expected)}`,
  );
};
