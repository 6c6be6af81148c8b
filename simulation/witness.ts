import type { JournalStore } from '../src/application/ports/journal-store.ts';
import type { EventStore } from '../src/application/ports/event-store.ts';
import type { Storage } from '../src/application/ports/storage.ts';
import type { Transactionally } from '../src/application/ports/unit-of-work.ts';
import type { RecordedEvent } from '../src/domain/account/account-event.ts';
import { altered } from './altered.ts';
import type { World } from './world.ts';

/** An event that is in the store, and since when by the time of the world. */
export type Witnessed = { readonly event: RecordedEvent; readonly at: number };

/** Sees what is put into a storage, at the very moment: what clients are told is held against that. */
export class Witness {
  /** In the order of the commits. */
  readonly log: Witnessed[] = [];
  /** Events in the journal. */
  sealed = 0;
  /** When each hold that is open ends by itself. */
  readonly #openHolds = new Map<string, number>();
  readonly storage: Storage;
  readonly #appended = new WeakMap<object, readonly RecordedEvent[]>();

  constructor(
    private readonly world: World,
    private readonly seen: Storage,
  ) {
    const { events, journal } = seen;
    this.storage = {
      ...seen,
      events: altered<EventStore>(events, { append: this.#append }),
      journal: altered<JournalStore>(journal, { insert: this.#insert }),
      transactionally: this.#transactionally,
    };
  }

  /** Open holds that are due at this moment. */
  dueHolds(now: number): number {
    return [...this.#openHolds.values()].filter((due) => due <= now).length;
  }

  #see(event: RecordedEvent): void {
    this.log.push({ event, at: this.world.now });
    const { streamId, type, data } = event;
    if (!('holdId' in data)) return;
    const name = `${streamId}/${data.holdId}`;
    if (type !== 'HoldPlaced') this.#openHolds.delete(name);
    else if (data.expiresAt !== undefined) this.#openHolds.set(name, Date.parse(data.expiresAt));
  }

  readonly #append: EventStore['append'] = (work, batch) => {
    this.#appended.set(work, [...(this.#appended.get(work) ?? []), ...batch]);
    return this.seen.events.append(work, batch);
  };

  readonly #transactionally: Transactionally = async (body) => {
    let batch: readonly RecordedEvent[] = [];
    const result = await this.seen.transactionally(async (work) => {
      const outcome = await body(work);
      batch = this.#appended.get(work) ?? [];
      return outcome;
    });
    for (const event of batch) this.#see(event);
    return result;
  };

  readonly #insert: JournalStore['insert'] = async (block) => {
    await this.seen.journal.insert(block);
    this.sealed += block.eventIds.length;
  };
}
