import type { Connection, Model, PipelineStage } from 'mongoose';
import {
  type EventStore,
  LONGEST_TAIL,
  type RecordedReversal,
  type StreamTail,
} from '../../application/ports/event-store.ts';
import type { UnitOfWork } from '../../application/ports/unit-of-work.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import { databaseOf } from './connection.ts';
import { type EventDocument, fromDocument, toDocument } from './event-codec.ts';
import { type AnyDocument, modelOf } from './models.ts';
import { reading } from './mongo-errors.ts';
import { type MovementDocument, movementFrom, movementsPipeline } from './movements.ts';
import { CANDIDATES, latestInLog, type SnapshotDocument, snapshotFrom } from './mongo-snapshot-store.ts';
import { sessionOf } from './unit-of-work.ts';
import { insertAll } from './write-command.ts';

type TailDocument = { streamId: StreamId; snapshots: SnapshotDocument[]; events: EventDocument[] };

/** For each named stream: its latest usable snapshot, then the events behind that. One trip, whatever the number of streams. */
const tailsPipeline = (streamIds: readonly StreamId[], foldVersion: number): object[] => [
  { $documents: streamIds.map((streamId) => ({ streamId })) },
  {
    $lookup: {
      from: 'snapshots',
      let: { streamId: '$streamId' },
      pipeline: [{ $match: { $expr: { $eq: ['$streamId', '$$streamId'] }, foldVersion } }, ...latestInLog(CANDIDATES)],
      as: 'snapshots',
    },
  },
  {
    $lookup: {
      from: 'events',
      let: { streamId: '$streamId', after: { $ifNull: [{ $first: '$snapshots.version' }, 0] } },
      pipeline: [
        { $match: { $expr: { $and: [{ $eq: ['$streamId', '$$streamId'] }, { $gt: ['$version', '$$after'] }] } } },
        { $sort: { version: 1 } },
        { $limit: LONGEST_TAIL + 1 },
      ],
      as: 'events',
    },
  },
];

/** Events in the `events` collection: inserted, read, never changed. */
export class MongoEventStore implements EventStore {
  readonly #model: Model<AnyDocument>;

  constructor(private readonly connection: Connection) {
    this.#model = modelOf(connection, 'events');
  }

  async append(work: UnitOfWork, events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) return;
    await insertAll(this.#model, events.map(toDocument), sessionOf(work));
  }

  async get(eventId: EventId): Promise<RecordedEvent | undefined> {
    const document = await reading(() => this.#model.findById(eventId).lean().exec());
    return document ? fromDocument(document as unknown as EventDocument) : undefined;
  }

  async read(streamId: StreamId, range: Parameters<EventStore['read']>[1]): Promise<readonly RecordedEvent[]> {
    const { after, upTo, limit } = range;
    const version = { $gt: after, ...(upTo !== undefined && { $lte: upTo }) };
    const find = this.#model.find({ streamId, version }).sort({ version: 1 }).limit(limit);
    const documents = await reading(() => find.lean().exec());
    return (documents as unknown as EventDocument[]).map(fromDocument);
  }

  async tails(streamIds: readonly StreamId[], foldVersion: number): Promise<ReadonlyMap<StreamId, StreamTail>> {
    const found = await reading(() =>
      databaseOf(this.connection).aggregate<TailDocument>(tailsPipeline(streamIds, foldVersion)).toArray(),
    );
    const short = found.filter(({ events }) => events.length <= LONGEST_TAIL);
    return new Map(
      short.map(({ streamId, snapshots: [snapshot], events }) => [
        streamId,
        { events: events.map(fromDocument), ...(snapshot && { snapshot: snapshotFrom(snapshot) }) },
      ]),
    );
  }

  async reversedTotals(eventIds: readonly EventId[]): Promise<ReadonlyMap<EventId, MinorUnits>> {
    const found = await reading(() =>
      this.#model.aggregate<{ _id: EventId; total: MinorUnits }>([
        { $match: { 'data.originalEventId': { $in: [...eventIds] } } },
        { $group: { _id: '$data.originalEventId', total: { $max: '$data.reversedTotal' } } },
      ] satisfies PipelineStage[]),
    );
    return new Map(found.map(({ _id, total }) => [_id, total]));
  }

  async movements(moment: Parameters<EventStore['movements']>[0]): ReturnType<EventStore['movements']> {
    const { collection } = this.#model;
    // Of one moment of the store, however long the groups take to read.
    const options = { readConcern: { level: 'snapshot' }, allowDiskUse: true } as const;
    const found = await reading(() =>
      collection.aggregate<MovementDocument>(movementsPipeline(moment), options).toArray(),
    );
    return found.map(movementFrom);
  }

  async reversalsOf(eventIds: readonly EventId[]): Promise<readonly RecordedReversal[]> {
    const find = this.#model.find({ 'data.originalEventId': { $in: [...eventIds] } });
    const documents = await reading(() => find.lean().exec());
    return (documents as unknown as EventDocument[]).map(fromDocument) as RecordedReversal[];
  }

  async streamsBehind(streamId: string, limit: number): Promise<readonly StreamId[]> {
    // With one version for each stream the server jumps in the index, as for the heads.
    const find = this.#model.find({ streamId: { $gt: streamId }, version: 1 }, { _id: 0, streamId: 1 });
    const documents = await reading(() => find.sort({ streamId: 1 }).limit(limit).lean().exec());
    return (documents as unknown as { streamId: StreamId }[]).map((document) => document.streamId);
  }

  heads(): ReturnType<EventStore['heads']> {
    // Sorted like the index read backwards, so that the server jumps from stream to stream and never walks the events between.
    const pipeline: PipelineStage[] = [
      { $sort: { streamId: -1, version: -1 } },
      { $group: { _id: '$streamId', version: { $first: '$version' } } },
      { $project: { _id: 0, streamId: '$_id', version: 1 } },
    ];
    const aggregate = this.#model.aggregate<{ streamId: StreamId; version: number }>(pipeline).allowDiskUse(true);
    return aggregate.cursor<{ streamId: StreamId; version: number }>({ batchSize: 1_000 });
  }
}
