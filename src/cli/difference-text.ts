import { cellText, type Difference } from '../application/replay/differences.ts';

/** One difference, cell by cell: where it is, what the events say, what the read model has. */
export const differenceLines = ({ table, accountId, id, kind, cells }: Difference): readonly string[] => {
  const place = `${table}, account ${accountId}, row ${id}`;
  if (kind !== 'different') return [`${place}: ${kind === 'missing' ? 'is missing' : 'has no event'}`];
  return cells.map(
    ({ field, expected, found }) => `${place}: ${field} is ${cellText(found)}, the events say ${cellText(expected)}`,
  );
};
