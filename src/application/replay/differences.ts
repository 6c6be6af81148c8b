import { isDeepStrictEqual } from 'node:util';
import type { Row } from '../ports/table.ts';

/** One cell that is not what the events say it should be. */
export type CellDifference = { readonly field: string; readonly expected: unknown; readonly found: unknown };

/** One row that is not what the events say: `missing` from the read model, in it `unexpected`ly, or `different` in some cells. */
export type Difference = {
  readonly table: string;
  readonly accountId: string;
  readonly id: string;
  readonly kind: 'missing' | 'unexpected' | 'different';
  readonly cells: readonly CellDifference[];
  readonly expected?: Row;
  readonly found?: Row;
};

type Cells = Readonly<Record<string, unknown>>;

/** What cells hold, for the most part, is told apart without going into it. */
const isSameCell = (expected: unknown, found: unknown): boolean =>
  expected === found ||
  (expected instanceof Date && found instanceof Date
    ? expected.getTime() === found.getTime()
    : typeof expected === 'object' && isDeepStrictEqual(expected, found));

/** Whether no cell differs; asked of millions of rows before anything else is. */
const isSameRow = (expected: Cells, found: Cells): boolean => {
  const fields = Object.keys(expected);
  if (fields.length !== Object.keys(found).length) return false;
  return fields.every((field) => Object.hasOwn(found, field) && isSameCell(expected[field], found[field]));
};

const cellsOf = (row: Row): ReadonlyMap<string, unknown> => new Map(Object.entries(row));

/** Every cell in which two rows differ; a cell that only one of them has differs too. */
export const cellsThatDiffer = (expected: Row, found: Row): readonly CellDifference[] => {
  if (isSameRow(expected, found)) return [];
  const [wanted, actual] = [cellsOf(expected), cellsOf(found)];
  const fields = [...new Set([...wanted.keys(), ...actual.keys()])].sort();
  return fields
    .filter((field) => !isSameCell(wanted.get(field), actual.get(field)))
    .map((field) => ({ field, expected: wanted.get(field), found: actual.get(field) }));
};

/** What is in a cell, for people: amounts in minor units, times in RFC 3339. */
export const cellText = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Date)) return JSON.stringify(value);
  // An event that was tampered with may give a moment that is none.
  return Number.isNaN(value.getTime()) ? 'no time' : value.toISOString();
};
