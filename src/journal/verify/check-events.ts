import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import type { EventFeed } from '../../application/ports/event-feed.ts';
import type { Tell } from '../../application/ports/finding.ts';
import type { Block } from '../../application/ports/journal-store.ts';
import { leafOf } from '../canonical-event.ts';
import { HASH_BYTES } from '../merkle/hash.ts';

const leafIn = (event: EventAsRecorded): string => {
  try {
    return leafOf(event).toString('hex');
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return `none: ${error.message}`;
    throw error;
  }
};

const checkBlockEvents = (block: Block, events: ReadonlyMap<string, EventAsRecorded>, tell: Tell): void => {
  const leaves = Buffer.from(block.leafHashes);
  block.eventIds.forEach((eventId, index) => {
    const position = block.firstPosition + index;
    const event = events.get(eventId);
    if (!event) {
      tell({ collection: 'events', at: { position, eventId }, problem: 'the event that was sealed is not there' });
      return;
    }
    const [expected, found] = [leaves.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES), leafIn(event)];
    if (expected === found) return;
    const at = { position, streamId: event.streamId, version: event.version, eventId };
    const leaf = { expected: `leaf ${expected}`, found: `leaf ${found}` };
    tell({ collection: 'events', at, problem: 'the event is not the one that was sealed', ...leaf });
  });
};

/** Tells of every event of these blocks that is not there, or not exactly as it was sealed. */
export const checkEvents = async (blocks: readonly Block[], feed: EventFeed, tell: Tell): Promise<void> => {
  const events = await feed.asRecorded(blocks.flatMap(({ eventIds }) => eventIds));
  const byId = new Map(events.map((event) => [event.eventId, event]));
  for (const block of blocks) checkBlockEvents(block, byId, tell);
};
