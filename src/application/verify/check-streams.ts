import type { StreamId } from '../../domain/account/account-id.ts';
import type { Tell } from '../ports/finding.ts';
import { StreamCheck, type StreamSeen } from './stream-check.ts';
import type { VerifyParts } from './verify-parts.ts';

const STREAMS_AT_ONCE = 16;

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

export type StreamsSeen = { readonly streams: number; readonly events: number; readonly rows: number };

const together = (before: StreamsSeen, seen: readonly StreamSeen[]): StreamsSeen => ({
  streams: before.streams + seen.length,
  events: seen.reduce((sum, { events }) => sum + events, before.events),
  rows: seen.reduce((sum, { rows }) => sum + rows, before.rows),
});

/** Holds every stream against itself, and against the rows and snapshots that follow from it. Calls back with the number of events done. */
export const checkStreams = async (
  parts: VerifyParts,
  tell: Tell,
  onProgress: (events: number) => void,
): Promise<StreamsSeen> => {
  let seen: StreamsSeen = { streams: 0, events: 0, rows: 0 };
  for await (const group of groupsOf(parts.storage.events.heads())) {
    const checked = await Promise.all(group.map((streamId) => new StreamCheck(parts, streamId).run()));
    checked.flatMap(({ findings }) => findings).forEach(tell);
    onProgress(checked.reduce((sum, { events }) => sum + events, 0));
    seen = together(seen, checked);
  }
  return seen;
};
