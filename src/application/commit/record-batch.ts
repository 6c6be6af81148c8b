import type { Row } from '../ports/table.ts';
import type { Storage } from '../ports/storage.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { type Projection, writesOf } from '../../projections/projection.ts';
import { idempotencyKeyRowOf, idempotencyKeysTable, transactionIdRowOf, transactionIdsTable } from './claims.ts';
import type { Recording } from './decide-batch.ts';
import type { TableName } from '../ports/table.ts';

const insertAll = async <R extends Row>(
  storage: Storage,
  work: UnitOfWork,
  name: TableName<R>,
  rows: readonly (R | undefined)[],
): Promise<void> => {
  const writes = rows.filter((row) => row !== undefined).map((row) => ({ kind: 'insert' as const, row }));
  if (writes.length > 0) await storage.table(name).write(work, writes);
};

/**
 * One transaction for everything that a batch of accepted commands leaves behind: events, keys, transaction ids, read models.
 * Rejects with VersionConflict, OutcomeUnknown, StorageUnavailable.
 */
export const recordBatch = async (
  storage: Storage,
  projections: readonly Projection<Row>[],
  recordings: readonly Recording[],
  keysExpireAt: Date,
): Promise<void> => {
  const changes = recordings.flatMap(({ changes: ofCommand }) => ofCommand);
  const keyRows = recordings.map(({ command, answer, changes: ofCommand }) =>
    idempotencyKeyRowOf(command.envelope, answer, ofCommand, keysExpireAt),
  );
  const transactionRows = recordings.map(({ command }) =>
    transactionIdRowOf(command.envelope, command.envelope.eventIds[0]),
  );
  await storage.transactionally(async (work) => {
    // First what may have been used before: a transaction that comes to nothing is given up after its first statement.
    await insertAll(storage, work, idempotencyKeysTable, keyRows);
    await insertAll(storage, work, transactionIdsTable, transactionRows);
    await storage.events.append(
      work,
      changes.map(({ event }) => event),
    );
    for (const projection of projections) {
      const writes = writesOf(projection, changes);
      if (writes.length > 0) await storage.table(projection.table).write(work, writes);
    }
  });
};
