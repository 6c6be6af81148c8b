import type { EventPlace, PlacedEvent } from '../application/ports/event-feed.ts';
import type { Storage } from '../application/ports/storage.ts';

const nameOf = ({ streamId, version }: EventPlace): string => `${streamId}/${version}`;

const placeBefore = ({ streamId, version }: EventPlace): EventPlace => ({ streamId, version: version - 1 });

/** The events that stand before these in their streams, by the place where they stand. */
const predecessorsOf = async (
  group: readonly PlacedEvent[],
  { feed }: Pick<Storage, 'feed'>,
): Promise<ReadonlyMap<string, string>> => {
  const inGroup = new Set(group.map(nameOf));
  const wanted = group.map(placeBefore).filter((place) => place.version > 0 && !inGroup.has(nameOf(place)));
  const found = [...group, ...(await feed.eventsAt(wanted))];
  return new Map(found.map((event) => [nameOf(event), event.eventId]));
};

/**
 * Of a group of the ledger's history, the ids of the events that are to be sealed now: those that are not sealed yet, without those ahead
 * of their predecessor. Such a one was committed while the history was read, and the feed will tell both, in their order.
 */
export const dueOf = async (
  group: readonly PlacedEvent[],
  storage: Pick<Storage, 'feed' | 'journal'>,
): Promise<readonly string[]> => {
  const sealed = await storage.journal.positionsOf(group.map(({ eventId }) => eventId));
  const unsealed = group.filter(({ eventId }) => !sealed.has(eventId));
  const before = await predecessorsOf(unsealed, storage);
  const isBehind = new Set((await storage.journal.positionsOf([...before.values()])).keys());
  return unsealed.flatMap((event) => {
    const predecessor = before.get(nameOf(placeBefore(event)));
    if (predecessor !== undefined && !isBehind.has(predecessor)) return [];
    isBehind.add(event.eventId);
    return [event.eventId];
  });
};
