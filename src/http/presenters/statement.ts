import { stringify } from 'csv-stringify/sync';
import type { Statement, StatementLine } from '../../application/queries/statement.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

const presentLine = (line: StatementLine): Json => ({
  eventId: line._id,
  version: line.version,
  type: line.type,
  amount: amountOnWire(line.amount),
  balanceAfter: amountOnWire(line.balanceAfter),
  reference: line.reference,
  counterparty: line.counterparty,
  transactionId: line.transactionId,
  transferId: line.transferId,
  originalEventId: line.originalEventId,
  recordedAt: line.recordedAt.toISOString(),
  effectiveAt: line.effectiveAt.toISOString(),
});

export const presentStatement = (statement: Statement, nextCursor: string | undefined): Json => ({
  accountId: statement.accountId,
  currency: statement.currency,
  from: timeOnWire(statement.from),
  to: timeOnWire(statement.to),
  openingBalance: amountOnWire(statement.openingBalance),
  closingBalance: amountOnWire(statement.closingBalance),
  version: statement.version,
  entries: statement.lines.map(presentLine),
  nextCursor,
});

const columns = [
  'effectiveAt',
  'recordedAt',
  'type',
  'amount',
  'currency',
  'balanceAfter',
  'reference',
  'counterparty',
  'transactionId',
  'transferId',
  'originalEventId',
  'eventId',
  'version',
] as const;

const isFirstPage = (query: { readonly after?: unknown }): boolean => query.after === undefined;

/**
 * The same page as CSV (RFC 4180). The opening balance stands in a row of its own before the first entry, the closing balance behind
 * the last, so that the pages of a statement, one below the other, are the statement.
 */
export const statementAsCsv = (
  statement: Statement,
  query: { readonly order: 'asc' | 'desc'; readonly after?: unknown },
): string => {
  const { currency } = statement;
  const rows: Json[] = statement.lines.map((line) => ({ ...presentLine(line), currency }));
  const opening = {
    type: 'OpeningBalance',
    effectiveAt: timeOnWire(statement.from),
    balanceAfter: amountOnWire(statement.openingBalance),
    currency,
  };
  const closing = {
    type: 'ClosingBalance',
    effectiveAt: timeOnWire(statement.to),
    balanceAfter: amountOnWire(statement.closingBalance),
    currency,
  };
  const [head, foot] = query.order === 'asc' ? [opening, closing] : [closing, opening];
  const all = [...(isFirstPage(query) ? [head] : []), ...rows, ...(statement.next ? [] : [foot])];
  // A spreadsheet must not run what somebody wrote into a reference: such cells get an apostrophe in front.
  return stringify(all, { header: true, columns: [...columns], escape_formulas: true, record_delimiter: 'windows' });
};
