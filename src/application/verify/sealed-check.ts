import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Finding } from '../ports/finding.ts';
import type { JournalStore } from '../ports/journal-store.ts';

// What MongoDB allows a transaction, so that none can commit longer than that after its events were given their time; and as long as
// a journal may be behind before it counts as degraded.
const LONGEST_WAIT = 60_000;

const findingOf = ({ streamId, version, eventId, recordedAt }: RecordedEvent): Finding => ({
  collection: 'events',
  at: { streamId, version, eventId },
  problem: 'is not in the journal',
  expected: 'a position',
  found: `none, though it was recorded at ${new Date(recordedAt).toISOString()}`,
});

/** Up to which version every event of a stream is known to be sealed, as it is: 0 where nothing is known of it. */
export type SealedUpTo = (streamId: string) => number;

/**
 * Whether events that should be sealed are: all that were recorded more than a minute before `now`. A journal whose end was cut off looks
 * like one that nobody goes on with, and neither is well.
 */
export class SealedCheck {
  #waiting = 0;

  constructor(
    private readonly journal: JournalStore,
    private readonly now: Instant,
    private readonly sealedUpTo: SealedUpTo,
  ) {}

  /** How many events were so young that the sealer may not have come to them. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The events of one stream that should be sealed and are not. Only what the journal was not seen to hold is looked up. */
  async check(events: readonly RecordedEvent[]): Promise<readonly Finding[]> {
    const unseen = events.filter(({ streamId, version }) => version > this.sealedUpTo(streamId));
    if (unseen.length === 0) return [];
    const sealed = await this.journal.positionsOf(unseen.map(({ eventId }) => eventId));
    const unsealed = unseen.filter(({ eventId }) => !sealed.has(eventId));
    const overdue = unsealed.filter(({ recordedAt }) => recordedAt < this.now - LONGEST_WAIT);
    this.#waiting += unsealed.length - overdue.length;
    return overdue.map(findingOf);
  }
}
