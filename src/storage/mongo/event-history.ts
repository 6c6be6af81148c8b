import type { ClientSession, mongo } from 'mongoose';
import {
  type EventPlace,
  type HistoricEvent,
  LARGEST_GROUP,
  type PlacedEvent,
} from '../../application/ports/event-feed.ts';
import { instant } from '../../domain/time/instant.ts';
import type { EventDocument } from './event-codec.ts';
import { translate } from './mongo-errors.ts';

type Placed = Pick<EventDocument, '_id' | 'streamId' | 'version'>;

type Historic = Placed & { readonly recordedAt: unknown };

const placedFrom = ({ _id, streamId, version }: Placed): PlacedEvent => ({ eventId: _id, streamId, version });

// Whoever writes past the validator of the collection can write anything for a time.
const historicFrom = ({ recordedAt, ...document }: Historic): HistoricEvent => ({
  ...placedFrom(document),
  recordedAt: instant(recordedAt instanceof Date ? recordedAt.getTime() : 0),
});

// Only what gives the order goes through the sort, which the server does on its disk where it must.
const inOrder: readonly mongo.Document[] = [
  { $project: { streamId: 1, version: 1, recordedAt: 1 } },
  { $sort: { recordedAt: 1, streamId: 1, version: 1 } },
];

// Over a long history the first answer takes minutes, and a socket that is silent for that long would be given up. The driver takes this
// from the options of any operation, which its types do not say.
const PATIENCE = { socketTimeoutMS: 86_400_000 };

/** All events by recordedAt, in groups. Ends the session with which it reads. */
export async function* historyOf(
  events: mongo.Collection<EventDocument>,
  session: ClientSession,
): AsyncGenerator<readonly HistoricEvent[]> {
  const options = { session, allowDiskUse: true, batchSize: LARGEST_GROUP, ...PATIENCE };
  const cursor = events.aggregate<Historic>([...inOrder], options);
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments(LARGEST_GROUP).map(historicFrom);
  } catch (error) {
    throw translate(error);
  } finally {
    await cursor.close().catch(() => undefined);
    await session.endSession().catch(() => undefined);
  }
}

export const placedAt = async (
  events: mongo.Collection<EventDocument>,
  places: readonly EventPlace[],
): Promise<readonly PlacedEvent[]> => {
  const either = places.map(({ streamId, version }) => ({ streamId, version }));
  const found = await events.find({ $or: either }).project<Placed>({ streamId: 1, version: 1 }).toArray();
  return found.map(placedFrom);
};
