import type { ClientSession, mongo } from 'mongoose';
import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import { LARGEST_GROUP, type UnsealedEvent } from '../../application/ports/event-feed.ts';
import { asRecorded, type EventDocument } from './event-codec.ts';
import { translate } from './mongo-errors.ts';

type Found = { readonly event: EventDocument; readonly predecessor: readonly { readonly _id: string }[] };

/** Leaves events that are in no block. */
const withoutSealed = [
  { $lookup: { from: 'journal', localField: '_id', foreignField: 'eventIds', as: 'block', pipeline: [{ $project: { _id: 1 } }] } },
  { $match: { block: [] } },
];

const eventBefore = {
  $lookup: {
    from: 'events',
    let: { streamId: '$streamId', version: { $subtract: ['$version', 1] } },
    pipeline: [
      { $match: { $expr: { $and: [{ $eq: ['$streamId', '$$streamId'] }, { $eq: ['$version', '$$version'] }] } } },
      { $project: { _id: 1 } },
    ],
    as: 'predecessor',
  },
};

// Only what gives the order goes through the sort, which the server does on its disk where it must. The rest is fetched behind it.
const inOrder: readonly mongo.Document[] = [
  { $project: { streamId: 1, version: 1, recordedAt: 1 } },
  ...withoutSealed,
  { $project: { block: 0 } },
  { $sort: { recordedAt: 1, streamId: 1, version: 1 } },
  // Looked up when the scan is over, so that whoever has a predecessor in the store finds it.
  eventBefore,
  { $lookup: { from: 'events', localField: '_id', foreignField: '_id', as: 'event' } },
  { $project: { event: { $first: '$event' }, predecessor: 1 } },
];

// Over a long history the first answer takes minutes.
const PATIENCE = 86_400_000;

const unsealedFrom = ({ event, predecessor: [predecessor] }: Found): UnsealedEvent => ({
  event: asRecorded(event),
  ...(predecessor && { predecessor: predecessor._id }),
});

/** All events that are in no block, in groups. Ends the session with which it reads. */
export async function* unsealedEvents(
  events: mongo.Collection<EventDocument>,
  session: ClientSession,
): AsyncGenerator<readonly UnsealedEvent[]> {
  const options = { session, allowDiskUse: true, timeoutMS: PATIENCE, batchSize: LARGEST_GROUP };
  const cursor = events.aggregate<Found>([...inOrder], options);
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments(LARGEST_GROUP).map(unsealedFrom);
  } catch (error) {
    throw translate(error);
  } finally {
    await cursor.close().catch(() => undefined);
    await session.endSession().catch(() => undefined);
  }
}

const youngestOf = (ids: readonly string[]): string => ids.reduce((left, right) => (left > right ? left : right), '');

// Events whose commits overtook one another have been sealed in earlier blocks.
const LOOKED_AT = 1_000;

/** Ids count up with time, so this looks at no more than what came after the last block. */
export const firstUnsealedAfter = async (database: mongo.Db): Promise<EventAsRecorded | undefined> => {
  const last = await database
    .collection<{ _id: bigint; eventIds: readonly string[] }>('journal')
    .findOne({}, { sort: { _id: -1 }, projection: { eventIds: 1 } });
  const after = youngestOf(last?.eventIds ?? []);
  const [first] = await database
    .collection('events')
    .aggregate<EventDocument>([
      { $match: { _id: { $gt: after } } },
      { $sort: { _id: 1 } },
      { $limit: LOOKED_AT },
      ...withoutSealed,
      { $limit: 1 },
      { $project: { block: 0 } },
    ])
    .toArray();
  return first && asRecorded(first);
};
