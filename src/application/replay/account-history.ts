import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import {
  type Account,
  initialState,
  isOpened,
  type OpenedAccount,
  versionOf,
} from '../../domain/account/account-state.ts';
import { evolve, FOLD_VERSION } from '../../domain/account/evolve.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import type { Snapshot, StreamTail } from '../ports/event-store.ts';
import type { Storage } from '../ports/storage.ts';
import { accountIn, isSnapshotVersion, SNAPSHOT_INTERVAL } from './snapshot.ts';

const PAGE = 1_000;

/** A stream with a hole, or events that do not start with an opening: the history is damaged, and nothing is decided on it. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
}

/** Which past of an account: up to a version, or up to what was recorded at some moment. Without either: all of it. */
export type Until = { readonly version?: number; readonly recordedAt?: Instant };

type Fold = { readonly account: Account; readonly missing: readonly OpenedAccount[] };

/** What each of these events did to the account, one after the other. Rejects with BrokenStream where a version is missing. */
export const changesOf = (start: Account, events: readonly RecordedEvent[]): readonly Change[] => {
  let before = start;
  return events.map((event) => {
    const after = evolve(before, event);
    if (event.version !== versionOf(before) + 1 || !isOpened(after)) {
      throw new BrokenStream(`${event.streamId} has version ${event.version} where ${versionOf(before) + 1} is due`);
    }
    const change = { event, before, after };
    before = after;
    return change;
  });
};

/** Folds events onto an account, and notes the states that deserve a snapshot. Rejects with BrokenStream. */
export const foldEvents = (start: Account, events: readonly RecordedEvent[]): Fold => {
  const states = changesOf(start, events).map(({ after }) => after);
  return { account: states.at(-1) ?? start, missing: states.filter(({ version }) => isSnapshotVersion(version)) };
};

/** Events of one stream in pages, so that a long history never has to fit in memory. */
export async function* eventsOf(
  storage: Storage,
  streamId: StreamId,
  after = 0,
  { upTo, limit = PAGE }: { readonly upTo?: number | undefined; readonly limit?: number } = {},
): AsyncGenerator<readonly RecordedEvent[], undefined> {
  let last = after;
  for (;;) {
    const page = await storage.events.read(streamId, { after: last, limit, ...(upTo !== undefined && { upTo }) });
    const end = page.at(-1);
    if (!end) return;
    yield page;
    if (page.length < limit) return;
    last = end.version;
  }
}

/** The account that a snapshot and the events behind it give; undefined where the snapshot cannot be used. */
export const foldTail = (streamId: StreamId, { snapshot, events }: StreamTail): Fold | undefined => {
  const start = snapshot ? accountIn(snapshot, streamId) : initialState();
  return start && foldEvents(start, events);
};

/** The account in the nearest snapshot that can be used; undefined where there is none. */
export const nearestUsable = async (
  storage: Storage,
  streamId: StreamId,
  until: Until,
): Promise<OpenedAccount | undefined> => {
  const limit = { ...until, foldVersion: FOLD_VERSION };
  let snapshot: Snapshot | undefined = await storage.snapshots.nearest(streamId, limit);
  while (snapshot) {
    const account = accountIn(snapshot, streamId);
    if (account) return account;
    snapshot = await storage.snapshots.nearest(streamId, { ...limit, version: snapshot.version - 1 });
  }
  return undefined;
};

/** The account at some point of its recorded history: nearest usable snapshot, and the events between. */
export const accountAt = async (storage: Storage, streamId: StreamId, until: Until = {}): Promise<Fold> => {
  let account: Account = (await nearestUsable(storage, streamId, until)) ?? initialState();
  const missing: OpenedAccount[] = [];
  // Behind the nearest snapshot there are fewer events up to that moment than from it to the next one.
  const limit = until.recordedAt === undefined ? PAGE : SNAPSHOT_INTERVAL;
  for await (const page of eventsOf(storage, streamId, versionOf(account), { upTo: until.version, limit })) {
    const known = page.filter(({ recordedAt }) => until.recordedAt === undefined || recordedAt <= until.recordedAt);
    const fold = foldEvents(account, known);
    account = fold.account;
    missing.push(...fold.missing);
    if (known.length < page.length) break;
  }
  return { account, missing };
};
