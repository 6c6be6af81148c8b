import type { Connection, Model } from 'mongoose';
import type { Snapshot, SnapshotStore } from '../../application/ports/event-store.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import { instant } from '../../domain/time/instant.ts';
import { type AnyDocument, collectionOf, modelOf } from './models.ts';
import { reading } from './mongo-errors.ts';

export type SnapshotDocument = Omit<Snapshot, 'recordedAt'> & { readonly _id: string; readonly recordedAt: Date };

export const snapshotFrom = ({
  streamId,
  version,
  recordedAt,
  foldVersion,
  state,
  stateHash,
}: SnapshotDocument): Snapshot => ({
  streamId,
  version,
  recordedAt: instant(recordedAt.getTime()),
  foldVersion,
  state,
  stateHash,
});

const documentOf = (snapshot: Snapshot): SnapshotDocument => ({
  _id: `${snapshot.streamId}/${snapshot.version}`,
  ...snapshot,
  recordedAt: new Date(snapshot.recordedAt),
});

export class MongoSnapshotStore implements SnapshotStore {
  readonly #model: Model<AnyDocument>;

  constructor(connection: Connection) {
    this.#model = modelOf(connection, 'snapshots');
  }

  async nearest(streamId: StreamId, limit: Parameters<SnapshotStore['nearest']>[1]): Promise<Snapshot | undefined> {
    const { foldVersion, version, recordedAt } = limit;
    const filter = {
      streamId,
      foldVersion,
      ...(version !== undefined && { version: { $lte: version } }),
      ...(recordedAt !== undefined && { recordedAt: { $lte: new Date(recordedAt) } }),
    };
    const document = await reading(() => this.#model.findOne(filter).sort({ version: -1 }).lean().exec());
    return document ? snapshotFrom(document as unknown as SnapshotDocument) : undefined;
  }

  async put(snapshots: readonly Snapshot[]): Promise<void> {
    const replacements = snapshots.map(documentOf).map((replacement) => ({
      replaceOne: {
        filter: { _id: replacement._id },
        replacement: replacement as unknown as AnyDocument,
        upsert: true,
      },
    }));
    await reading(() => collectionOf(this.#model).bulkWrite(replacements, { ordered: false }));
  }
}
