import type { Row } from '../ports/table.ts';
import type { Storage } from '../ports/storage.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { type Projection, writesOf } from '../../projections/projection.ts';
import { idempotencyKeyRowOf, idempotencyKeysTable, transactionIdRowOf, transactionIdsTable } from './claims.ts';
import { accessLogRowOf, type AccessLogRow, accessLogTable } from '../access/access-log.ts';
import { proposalsTable } from '../approval/proposal.ts';
import type { Recording } from './decide-batch.ts';
import type { RowWrite, TableName } from '../ports/table.ts';

const insertAll = async <R extends Row>(
  storage: Storage,
  work: UnitOfWork,
  name: TableName<R>,
  rows: readonly (R | undefined)[],
): Promise<void> => {
  const writes = rows.filter((row) => row !== undefined).map((row) => ({ kind: 'insert' as const, row }));
  if (writes.length > 0) await storage.table(name).write(work, writes);
};

/** A proposal or an approval, as the access log has it. */
const actOf = ({ command: { envelope }, proposal }: Recording, at: Date): AccessLogRow | undefined => {
  const { actor, correlationId: requestId, proposable, approves } = envelope;
  const origin = proposal?.kind === 'insert' ? proposable : approves;
  if (!proposal || !origin) return undefined;
  const { route, from } = origin;
  const what = proposal.kind === 'insert' ? 'propose' : 'approveProposal';
  return accessLogRowOf({ actor, what, route, from, outcome: 'done', requestId, about: proposal.row._id }, at);
};

/** What is proposed, and what is approved and still as it was found. Each kind by itself: they are other statements. */
const writeProposals = async (storage: Storage, work: UnitOfWork, recordings: readonly Recording[]): Promise<void> => {
  const writes = recordings.flatMap(({ proposal }) => proposal ?? []);
  if (writes.length === 0) return;
  for (const kind of ['insert', 'swap'] satisfies RowWrite<never>['kind'][]) {
    const same = writes.filter((write) => write.kind === kind);
    if (same.length > 0) await storage.table(proposalsTable).write(work, same);
  }
};

/**
 * One transaction for everything that a batch of accepted commands leaves behind: events, keys, transaction ids, proposals, read models.
 * Rejects with VersionConflict, OutcomeUnknown, StorageUnavailable.
 */
export const recordBatch = async (
  storage: Storage,
  projections: readonly Projection<Row>[],
  recordings: readonly Recording[],
  { now, keepKeysFor }: { readonly now: Date; readonly keepKeysFor: number },
): Promise<void> => {
  const changes = recordings.flatMap(({ changes: ofCommand }) => ofCommand);
  const keysExpireAt = new Date(now.getTime() + keepKeysFor);
  const keyRows = recordings.map(({ command, answer, changes: ofCommand }) =>
    idempotencyKeyRowOf(command.envelope, answer, ofCommand, keysExpireAt),
  );
  const transactionRows = recordings.map(({ command, changes: ofCommand }) =>
    ofCommand.length === 0 ? undefined : transactionIdRowOf(command.envelope, command.envelope.eventIds[0]),
  );
  const acts = recordings.map((recording) => actOf(recording, now));
  await storage.transactionally(async (work) => {
    // First what may have been used before: a transaction that comes to nothing is given up after its first statement.
    await insertAll(storage, work, idempotencyKeysTable, keyRows);
    await insertAll(storage, work, transactionIdsTable, transactionRows);
    await writeProposals(storage, work, recordings);
    await insertAll(storage, work, accessLogTable, acts);
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
