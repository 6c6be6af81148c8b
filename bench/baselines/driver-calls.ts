import type { ClientSession, Db, Document } from 'mongodb';
import type { Row, RowWrite } from '../../src/application/ports/table.ts';
import { type EventDocument, toDocument } from '../../src/storage/mongo/event-codec.ts';
import type { RecordedTransaction, RecordedWrite } from './recording.ts';

/** One write command of MongoDB. */
export type DriverCall =
  | { readonly insert: string; readonly documents: readonly (Row | EventDocument)[] }
  | { readonly update: string; readonly updates: readonly Document[] };

type Put = Extract<RowWrite<Row>, { kind: 'put' }>;

const contentOf = ({ row, changed }: Put): Document => {
  if (!changed) return row;
  const fields = Object.entries(row).filter(([name]) => name !== '_id');
  return {
    $set: Object.fromEntries(fields.filter(([name]) => changed.includes(name))),
    $setOnInsert: Object.fromEntries(fields.filter(([name]) => !changed.includes(name))),
  };
};

const updateOf = (write: RowWrite<Row>): Document => {
  switch (write.kind) {
    case 'put':
      return { q: { _id: write.row._id }, u: contentOf(write), upsert: true };
    case 'patch':
      return { q: { _id: write.id }, u: { $set: write.set } };
    default:
      throw new Error(`No batch of deposits writes a ${write.kind}.`);
  }
};

const callOf = (write: RecordedWrite): DriverCall => {
  if (write.kind === 'events') return { insert: 'events', documents: write.events.map(toDocument) };
  const { table, writes } = write;
  const rows = writes.flatMap((one) => (one.kind === 'insert' ? [one.row] : []));
  return rows.length === writes.length
    ? { insert: table, documents: rows }
    : { update: table, updates: writes.map(updateOf) };
};

/** The same writes as commands for the driver. Whether they are the same is not believed but checked: see `compare-commands.ts`. */
export const driverCallsOf = (transaction: RecordedTransaction): readonly DriverCall[] => transaction.map(callOf);

const concerns = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
} as const;

/** One transaction: nothing but calls of the driver, in the form that costs it least. */
export const commitCalls = async (
  database: Db,
  session: ClientSession,
  calls: readonly DriverCall[],
): Promise<void> => {
  session.startTransaction(concerns);
  for (const call of calls) {
    const { writeErrors } = await database.command(call, { session, ignoreUndefined: true });
    if (writeErrors) throw new Error(`The bare driver could not write: ${JSON.stringify(writeErrors)}`);
  }
  await session.commitTransaction();
};
