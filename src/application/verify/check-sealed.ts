import { type Instant, instant } from '../../domain/time/instant.ts';
import type { EventAsRecorded } from '../ports/event-as-recorded.ts';
import type { Finding, Tell } from '../ports/finding.ts';
import type { BlockHead } from '../ports/journal-store.ts';
import type { Storage } from '../ports/storage.ts';

// What MongoDB allows a transaction, so that none can commit longer than that after its events were given their time.
const LONGEST_COMMIT = 60_000;

/** What was recorded before this moment is in the journal, unless that is being made up for a ledger that had none. */
const sealedUpTo = (head: BlockHead | undefined): Instant =>
  head?.resumeToken === undefined ? instant(0) : instant(Math.max(0, head.sealedAt - LONGEST_COMMIT));

const findingOf = ({ streamId, version, eventId, recordedAt }: EventAsRecorded): Finding => ({
  collection: 'events',
  at: { streamId, version, eventId },
  problem: 'is not in the journal',
  expected: 'a position',
  found: `none, though it was recorded at ${new Date(recordedAt).toISOString()}`,
});

/**
 * Tells of every event that should be sealed and is not, and gives how many are so young that the sealer may not have come to them.
 * In the order of recording, so that a thousand events are in few blocks. `head` is the journal's before anything was read. Calls back
 * with the number of events done.
 */
export const checkSealed = async (
  { feed, journal }: Pick<Storage, 'feed' | 'journal'>,
  head: BlockHead | undefined,
  tell: Tell,
  onProgress: (events: number) => void,
): Promise<number> => {
  const limit = sealedUpTo(head);
  let waiting = 0;
  const { history } = await feed.recover();
  for await (const group of history) {
    const ids = group.map(({ eventId }) => eventId);
    const sealed = await journal.positionsOf(ids);
    const unsealed = await feed.asRecorded(ids.filter((eventId) => !sealed.has(eventId)));
    const overdue = unsealed.filter(({ recordedAt }) => recordedAt < limit);
    overdue.map(findingOf).forEach(tell);
    waiting += unsealed.length - overdue.length;
    onProgress(group.length);
  }
  return waiting;
};
