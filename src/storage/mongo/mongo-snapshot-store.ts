import type { Connection, Model, PipelineStage } from 'mongoose';
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

// MongoDB reads all that a stage could want before that stage begins: of a long stream, ten thousand snapshots to use the first.
export const CANDIDATES = 100;
const ALL = 2 ** 31 - 1;

type Stages = readonly (PipelineStage.Sort | PipelineStage.Lookup | PipelineStage.Match | PipelineStage.Limit)[];

/**
 * Of so many of the newest snapshots before it in a pipeline, the latest that the log vouches for: one whose version its stream has
 * not reached, or reached at another moment, tells of events that never happened.
 */
export const latestInLog = (candidates: number): Stages => [
  { $sort: { version: -1 } },
  { $limit: candidates },
  {
    $lookup: {
      from: 'events',
      let: { streamId: '$streamId', version: '$version', recordedAt: '$recordedAt' },
      pipeline: [
        {
          $match: {
            $expr: {
              $and: [
                { $eq: ['$streamId', '$$streamId'] },
                { $eq: ['$version', '$$version'] },
                { $eq: ['$recordedAt', '$$recordedAt'] },
              ],
            },
          },
        },
        { $project: { _id: 1 } },
      ],
      as: 'inLog',
    },
  },
  { $match: { inLog: { $ne: [] } } },
  { $limit: 1 },
];

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
    // Time never runs backwards in a stream, so the last recorded one is the last version too, and each limit has its index.
    const by = recordedAt === undefined ? 'version' : 'recordedAt';
    const document = (await this.#latest(filter, by, CANDIDATES)) ?? (await this.#latest(filter, by, ALL));
    return document && snapshotFrom(document);
  }

  async between(streamId: StreamId, after: number, upTo: number): Promise<readonly Snapshot[]> {
    const find = this.#model.find({ streamId, version: { $gt: after, $lte: upTo } }).sort({ version: 1 });
    const documents = await reading(() => find.lean().exec());
    return (documents as unknown as SnapshotDocument[]).map(snapshotFrom);
  }

  async placesBehind(streamId: string, limit: number): ReturnType<SnapshotStore['placesBehind']> {
    // From the index alone.
    const find = this.#model.find({ streamId: { $gt: streamId } }, { _id: 0, streamId: 1, version: 1 });
    const documents = await reading(() => find.sort({ streamId: 1, version: 1 }).limit(limit).lean().exec());
    return documents as unknown as Pick<Snapshot, 'streamId' | 'version'>[];
  }

  async #latest(
    filter: object,
    by: 'version' | 'recordedAt',
    candidates: number,
  ): Promise<SnapshotDocument | undefined> {
    const newest: Stages = [{ $sort: { [by]: -1 } }, { $limit: candidates }];
    const pipeline = [{ $match: filter }, ...newest, ...latestInLog(candidates)];
    const [document] = await reading(() => this.#model.aggregate<SnapshotDocument>(pipeline));
    return document;
  }

  async put(snapshots: readonly Snapshot[]): Promise<void> {
    if (snapshots.length === 0) return;
    const replacements = snapshots.map(documentOf).map((replacement) => ({
      replaceOne: {
        filter: { _id: replacement._id },
        replacement: replacement,
        upsert: true,
      },
    }));
    await reading(() => collectionOf(this.#model).bulkWrite(replacements, { ordered: false }));
  }
}
