import type { AnyBulkWriteOperation, ClientSession, Db } from 'mongodb';
import type { Row, RowWrite } from '../../src/application/ports/table.ts';
import { type EventDocument, toDocument } from '../../src/storage/mongo/event-codec.ts';
import type { RecordedTransaction, RecordedWrite } from './recording.ts';

type Document = Row | EventDocument;

/** One call of the plain driver. */
export type DriverCall = {
  readonly collection: string;
  readonly inserts: readonly Document[];
  readonly others: readonly AnyBulkWriteOperation<Document>[];
};

const operationOf = (write: RowWrite<Row>): AnyBulkWriteOperation<Document> => {
  switch (write.kind) {
    case 'insert':
      return { insertOne: { document: write.row } };
    case 'put':
      return { replaceOne: { filter: { _id: write.row._id }, replacement: write.row, upsert: true } };
    case 'patch':
      return { updateOne: { filter: { _id: write.id }, update: { $set: write.set } } };
    default:
      throw new Error(`No batch of commands writes a ${write.kind}.`);
  }
};

const callOf = (write: RecordedWrite): DriverCall => {
  if (write.kind === 'events') return { collection: 'events', inserts: write.events.map(toDocument), others: [] };
  const { table, writes } = write;
  const rows = writes.flatMap((one) => (one.kind === 'insert' ? [one.row] : []));
  const isPlain = rows.length === writes.length;
  return { collection: table, inserts: isPlain ? rows : [], others: isPlain ? [] : writes.map(operationOf) };
};

/** The same writes as calls of the driver. Whether they are the same is not believed but checked: see `compare-commands.ts`. */
export const driverCallsOf = (transaction: RecordedTransaction): readonly DriverCall[] => transaction.map(callOf);

const concerns = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
} as const;

/** One transaction: nothing but calls of the driver. */
export const commitCalls = async (
  database: Db,
  session: ClientSession,
  calls: readonly DriverCall[],
): Promise<void> => {
  session.startTransaction(concerns);
  for (const { collection, inserts, others } of calls) {
    const target = database.collection<Document>(collection);
    if (inserts.length > 0) await target.insertMany(inserts, { session });
    else await target.bulkWrite(others, { session, ordered: true });
  }
  await session.commitTransaction();
};
