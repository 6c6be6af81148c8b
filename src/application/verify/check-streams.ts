import type { StreamId } from '../../domain/account/account-id.ts';
import type { Finding, Tell } from '../ports/finding.ts';
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

type Checked = StreamSeen & { readonly findings: readonly Finding[] };

/** What is told of streams that are read side by side is told one stream after the other. */
const checkStream = async (parts: VerifyParts, streamId: StreamId): Promise<Checked> => {
  const findings: Finding[] = [];
  const seen = await new StreamCheck(parts, streamId, (finding) => findings.push(finding)).run();
  return { findings, ...seen };
};

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
    const checked = await Promise.all(group.map((streamId) => checkStream(parts, streamId)));
    checked.flatMap(({ findings }) => findings).forEach(tell);
    onProgress(checked.reduce((sum, { events }) => sum + events, 0));
    seen = together(seen, checked);
  }
  return seen;
};
