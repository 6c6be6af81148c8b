import type { StreamId } from '../../domain/account/account-id.ts';
import { type Instant, instant } from '../../domain/time/instant.ts';
import type { Tell } from '../ports/finding.ts';
import type { BlockHead } from '../ports/journal-store.ts';
import { StreamCheck, type StreamSeen } from './stream-check.ts';
import type { VerifyParts } from './verify-parts.ts';

// What MongoDB allows a transaction, so that none can commit longer than that after its events were given their time.
const LONGEST_COMMIT = 60_000;

const STREAMS_AT_ONCE = 16;

/** What was recorded before this moment is in the journal, unless that is being made up for a ledger that had none. */
const sealedUpTo = (head: BlockHead | undefined): Instant =>
  head?.resumeToken === undefined ? instant(0) : instant(Math.max(0, head.sealedAt - LONGEST_COMMIT));

async function* groupsOf(streams: AsyncIterable<{ readonly streamId: StreamId }>): AsyncGenerator<readonly StreamId[]> {
  let group: StreamId[] = [];
  for await (const { streamId } of streams) {
    group.push(streamId);
    if (group.length < STREAMS_AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

export type StreamsSeen = { readonly streams: number; readonly events: number; readonly waiting: number };

const together = (before: StreamsSeen, seen: readonly StreamSeen[]): StreamsSeen => ({
  streams: before.streams + seen.length,
  events: seen.reduce((sum, { events }) => sum + events, before.events),
  waiting: seen.reduce((sum, { waiting }) => sum + waiting, before.waiting),
});

/**
 * Holds every stream against the journal, and against the rows and snapshots that follow from it. `head` is the journal's before
 * anything was read. Calls back with the number of events done.
 */
export const checkStreams = async (
  parts: VerifyParts,
  head: BlockHead | undefined,
  tell: Tell,
  onProgress: (events: number) => void,
): Promise<StreamsSeen> => {
  const limit = sealedUpTo(head);
  let seen: StreamsSeen = { streams: 0, events: 0, waiting: 0 };
  for await (const group of groupsOf(parts.storage.events.heads())) {
    const checked = await Promise.all(group.map((streamId) => new StreamCheck(parts, streamId, limit).run()));
    checked.flatMap(({ findings }) => findings).forEach(tell);
    onProgress(checked.reduce((sum, { events }) => sum + events, 0));
    seen = together(seen, checked);
  }
  return seen;
};
