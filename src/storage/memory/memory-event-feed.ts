import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import {
  type EventFeed,
  type EventGroup,
  type EventPlace,
  type HistoricEvent,
  LARGEST_GROUP,
  type PlacedEvent,
  ResumeTokenLost,
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
    return Promise.resolve({ token: String(this.events.log.length), history: this.#history() });
  }

  eventsAt(places: readonly EventPlace[]): Promise<readonly PlacedEvent[]> {
    return Promise.resolve(places.flatMap(({ streamId, version }) => this.events.eventAt(streamId, version) ?? []));
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

  async *#history(): AsyncIterable<readonly HistoricEvent[]> {
    const history = this.events.log.toSorted((left, right) => left.recordedAt - right.recordedAt);
    for (let start = 0; start < history.length; start += LARGEST_GROUP) {
      yield await Promise.resolve(history.slice(start, start + LARGEST_GROUP));
    }
  }
}
