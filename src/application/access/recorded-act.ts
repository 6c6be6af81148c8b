import { LedgerError } from '../commit/ledger-error.ts';
import type { Clock } from '../ports/clock.ts';
import { OutcomeUnknown, VersionConflict } from '../ports/storage-errors.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row, RowWrite, TableName } from '../ports/table.ts';
import { type AccessEntry, accessLogRowOf, accessLogTable } from './access-log.ts';

/** Who does it, and from where: written down in the transaction of the act. */
export type Act = Omit<AccessEntry, 'what' | 'outcome' | 'about'>;

/** An act on a row of this table. */
export type ActOn<R extends Row> = { readonly table: TableName<R>; readonly what: string; readonly act: Act };

/** A row that comes to be, or takes the place of one that is still as it was found. */
export type RowChange<R extends Row> = Extract<RowWrite<R>, { kind: 'insert' | 'swap' }>;

/** What the caller of an act hears of a transaction that failed. */
const heard = (error: unknown): unknown => {
  if (error instanceof VersionConflict) return new LedgerError('CONCURRENCY_CONFLICT', { cause: error });
  return error instanceof OutcomeUnknown ? new LedgerError('OUTCOME_UNKNOWN', { cause: error }) : error;
};

/** The change, and the entry about it in the access log, in one transaction. Rejects as `transactionally` does. */
export const recordAct = async <R extends Row>(
  storage: Storage,
  clock: Clock,
  { table, what, act }: ActOn<R>,
  change: RowChange<R>,
): Promise<void> => {
  const done = { ...act, what, outcome: 'done' as const, about: change.row._id };
  const entry = accessLogRowOf(done, new Date(clock.now()));
  await storage.transactionally(async (work) => {
    await storage.table(table).write(work, [change]);
    await storage.table(accessLogTable).write(work, [{ kind: 'insert', row: entry }]);
  });
};

/**
 * Reads, decides and writes, and again where somebody else was faster, so often at most. Rejects with LedgerError where a transaction failed:
 * CONCURRENCY_CONFLICT, OUTCOME_UNKNOWN; and with whatever the attempt rejects with.
 */
export const untilUndisturbed = async <T>(attempt: () => Promise<T>, most = 5): Promise<T> => {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempts === most) throw heard(error);
    }
  }
};
