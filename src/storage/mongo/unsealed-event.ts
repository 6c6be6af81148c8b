import type { mongo } from 'mongoose';
import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import { eventsAmong, type EventDocument } from './event-codec.ts';

const youngestOf = (ids: readonly string[]): string => ids.reduce((left, right) => (left > right ? left : right), '');

// Events whose commits overtook one another have been sealed in earlier blocks.
const LOOKED_AT = 1_000;

const idOnly = { $project: { _id: 1 } };

/** Ids count up with time, so this looks at no more than what came after the last block. */
export const firstUnsealedIn = async (database: mongo.Db): Promise<EventAsRecorded | undefined> => {
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
      { $lookup: { from: 'journal', localField: '_id', foreignField: 'eventIds', as: 'block', pipeline: [idOnly] } },
      { $match: { block: [] } },
      { $limit: 1 },
      { $project: { block: 0 } },
    ])
    .toArray();
  return first && eventsAmong([first])[0];
};
