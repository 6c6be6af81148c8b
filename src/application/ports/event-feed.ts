import type { Instant } from '../../domain/time/instant.ts';
import type { EventAsRecorded } from './event-as-recorded.ts';

/** Events as they were committed, one behind another, and the token with which the feed goes on behind the last of them. */
export type EventGroup = { readonly events: readonly EventAsRecorded[]; readonly token: string };

/** No group has more events than this. */
export const LARGEST_GROUP = 1_000;

/** A version of a stream. */
export type EventPlace = { readonly streamId: string; readonly version: number };

/** Which event stands there. */
export type PlacedEvent = EventPlace & { readonly eventId: string };

/** An event of the past, and when it was recorded. */
export type HistoricEvent = PlacedEvent & { readonly recordedAt: Instant };

/** The store does not remember far enough back to go on behind this token, or has never heard of it. */
export class ResumeTokenLost extends Error {
  override readonly name = 'ResumeTokenLost';
}

/**
 * What is followed was taken away, or put in place of another, and the feed ended there. It goes on behind this token: what was put back is told
 * once more.
 */
export class FeedCut extends Error {
  override readonly name = 'FeedCut';

  constructor(readonly token: string) {
    super('the feed of events was cut');
  }
}

/** The one order of all events: that of their commits. */
export interface EventFeed {
  /**
   * Everything that is committed behind this token, as soon as it is durable; ends when the signal is given. Rejects with
   * ResumeTokenLost, FeedCut, StorageUnavailable.
   */
  follow(token: string, signal: AbortSignal): AsyncIterable<EventGroup>;
  /**
   * For where no token leads on: one to follow from now, and every event that was committed before it, by recordedAt, and by version
   * within a stream, in groups. What is committed meanwhile may be among them, also without what stands before it in its stream.
   * Rejects with StorageUnavailable.
   */
  recover(): Promise<{ readonly token: string; readonly history: AsyncIterable<readonly HistoricEvent[]> }>;
  /** The events at these places; left out where there is none. */
  eventsAt(places: readonly EventPlace[]): Promise<readonly PlacedEvent[]>;
  /** These events, in this order, as they were recorded; those that do not exist are left out. */
  asRecorded(eventIds: readonly string[]): Promise<readonly EventAsRecorded[]>;
  /** Of the events that are younger than those of the last block, the oldest one that is not sealed, by its id. */
  firstUnsealed(): Promise<EventAsRecorded | undefined>;
}
