import { cellText } from '../replay/differences.ts';
import type { TextOf } from '../verify/row-findings.ts';

const isId = (field: string): boolean => field === '_id' || field.endsWith('Id');

const words: ReadonlySet<string> = new Set(['status', 'type', 'currency']);

/** What the log is told of a cell: no text that somebody has written about a person. */
export const toldText: TextOf = (field, value) => {
  const isPlain =
    typeof value !== 'string' && !(typeof value === 'object' && value !== null && !(value instanceof Date));
  return isPlain || isId(field) || words.has(field) ? cellText(value) : '(withheld)';
};
