import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import {
  type EventFeed,
  type EventGroup,
  LARGEST_GROUP,
  ResumeTokenLost,
  type UnsealedEvent,
} from '../../application/ports/event-feed.ts';
import type { MemoryEventStore } from './memory-event-store.ts';
import type { MemoryJournalStore } from './memory-journal-store.ts';

/** The log of a store in memory as a feed. A token is the number of events before it. */
export class MemoryEventFeed implements EventFeed {
  constructor(
    private readonly events: MemoryEventStore,
    private readonly journal: MemoryJournalStore,
  ) {}

  async *follow(token: string, signal: AbortSignal): AsyncIterable<EventGroup> {
    let place = this.#placeOf(token);
    while (!signal.aborted) {
      const events = this.events.log.slice(place, place + LARGEST_GROUP);
      place += events.length;
      if (events.length > 0) yield { events, token: String(place) };
      else await this.events.nextCommit(signal);
    }
  }

  recover(): ReturnType<EventFeed['recover']> {
    return Promise.resolve({ token: String(this.events.log.length), unsealed: this.#unsealed() });
  }

  asRecorded(eventIds: readonly string[]): Promise<readonly EventAsRecorded[]> {
    const events = eventIds.map((eventId) => this.events.recorded(eventId));
    return Promise.resolve(events.filter((event) => event !== undefined));
  }

  firstUnsealed(): Promise<EventAsRecorded | undefined> {
    return Promise.resolve(this.events.log.find(({ eventId }) => !this.journal.holds(eventId)));
  }

  #placeOf(token: string): number {
    const place = /^\d+$/.test(token) ? Number(token) : Infinity;
    if (place > this.events.log.length) throw new ResumeTokenLost(`no event was ever behind ${token}`);
    return place;
  }

  async *#unsealed(): AsyncIterable<readonly UnsealedEvent[]> {
    const unsealed = this.events.log
      .filter(({ eventId }) => !this.journal.holds(eventId))
      .sort((left, right) => left.recordedAt - right.recordedAt);
    for (let start = 0; start < unsealed.length; start += LARGEST_GROUP) {
      const group = unsealed.slice(start, start + LARGEST_GROUP);
      // Nothing is committed while this is looked at, so that no event is ahead of its predecessor.
      yield await Promise.resolve(group.map((event) => ({ event })));
    }
  }
}
