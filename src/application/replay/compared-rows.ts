import { isDeepStrictEqual } from 'node:util';
import type { AccountId } from '../../domain/account/account-id.ts';
import type { Projection } from '../../projections/projection.ts';
import type { Row, RowWrite } from '../ports/table.ts';
import { cellsThatDiffer, type Difference } from './differences.ts';
import type { Side } from './side-by-side.ts';

export type Cells = Readonly<Record<string, string>>;

/** The rows of a pair that are not the same, or the one that has no other. */
export const unlikeRows = ({ row, other }: Side): readonly Row[] => {
  if (row && other && row.isSame(other)) return [];
  const rows = [row, other].flatMap((stored) => stored?.read() ?? []);
  const [expected, found] = rows;
  return expected && found && cellsThatDiffer(expected, found).length === 0 ? [] : rows;
};

export const accountsOf = (rows: readonly Row[], { accountIdIn }: Projection<Row>): readonly AccountId[] =>
  rows.map((row) => (row as unknown as Cells)[accountIdIn] as AccountId);

export const ownedBy = ({ accountIdIn }: Projection<Row>, accountId: AccountId | undefined): Partial<Row> =>
  accountId === undefined ? {} : { [accountIdIn]: accountId };

export const differenceOf = (
  table: string,
  accountId: string,
  expected: Row | undefined,
  found: Row | undefined,
): readonly Difference[] => {
  if (expected && found) {
    const cells = cellsThatDiffer(expected, found);
    return cells.length === 0
      ? []
      : [{ table, accountId, id: expected._id, kind: 'different', cells, expected, found }];
  }
  if (expected) return [{ table, accountId, id: expected._id, kind: 'missing', cells: [], expected }];
  return found ? [{ table, accountId, id: found._id, kind: 'unexpected', cells: [], found }] : [];
};

export const repairOf = ({ kind, expected, found }: Difference): RowWrite<Row> => {
  if (expected && found) return { kind: 'swap', found, row: expected };
  if (expected) return { kind: 'insert', row: expected };
  if (found) return { kind: 'remove', found };
  throw new Error(`a ${kind} row has neither side`);
};

const nameOf = ({ table, id }: Difference): string => `${table} ${id}`;

/** Whether a difference was there before, with the very same row on the live side. */
export const isStillThere = (before: readonly Difference[]): ((difference: Difference) => boolean) => {
  const byName = new Map(before.map((difference) => [nameOf(difference), difference]));
  return (difference) => {
    const earlier = byName.get(nameOf(difference));
    return earlier !== undefined && isDeepStrictEqual(earlier.found, difference.found);
  };
};
