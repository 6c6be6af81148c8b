import type { Finding } from '../ports/finding.ts';
import type { Row } from '../ports/table.ts';
import { cellText, type Difference } from '../replay/differences.ts';

export const NO_EVENT = 'no event gives this row';

const problems = {
  missing: 'the row is missing',
  different: 'the row is not what the events give',
  unexpected: NO_EVENT,
} as const;

/** What is told of the value in a cell. */
export type TextOf = (field: string, value: unknown) => string;

const allOfIt: TextOf = (_field, value) => cellText(value);

/** The version of its account that a row names: of the last event, or of the one that made it. */
const versionIn = (row: Row | undefined): number | undefined => {
  const { version, fromVersion } = (row ?? {}) as { readonly version?: unknown; readonly fromVersion?: unknown };
  return [version, fromVersion].find((value) => typeof value === 'number');
};

/** A difference of a read model as a bad place. */
export const findingOf = (difference: Difference, textOf = allOfIt): Finding => {
  const { table, accountId, id, kind, cells, expected, found } = difference;
  const inWords = (side: 'expected' | 'found'): string =>
    cells.map((cell) => `${cell.field} ${textOf(cell.field, cell[side])}`).join(', ');
  const fields = cells.map(({ field }) => field);
  const words = kind === 'different' ? { fields, expected: inWords('expected'), found: inWords('found') } : {};
  const version = versionIn(expected) ?? versionIn(found);
  const at = { accountId, row: id, ...(version !== undefined && { version }) };
  return { collection: table, at, problem: problems[kind], ...words };
};
