import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventAsRecorded } from '../ports/event-as-recorded.ts';
import type { Finding } from '../ports/finding.ts';
import type { SealedVersions } from '../ports/sealed-versions.ts';
import type { Storage } from '../ports/storage.ts';

// What MongoDB allows a transaction, so that none can commit longer than that after its events were given their time; and as long as
// a journal may be behind before it counts as degraded.
const LONGEST_WAIT = 60_000;

type SealedCheckParts = {
  readonly storage: Pick<Storage, 'journal' | 'feed'>;
  readonly clock: Clock;
  /** When the journal was looked at. */
  readonly begun: Instant;
  readonly sealed: SealedVersions;
  /** Why no sealer can ever take this event; undefined where one can. */
  readonly whyUnsealable: (event: EventAsRecorded) => string | undefined;
};

type Words = Omit<Finding, 'collection' | 'at'>;

const timeText = (moment: number): string => new Date(moment).toISOString();

/**
 * Whether events that should be sealed are: all but those that were recorded less than a minute before the journal was looked at. A
 * journal whose end was cut off looks like one that nobody goes on with, and neither is well.
 */
export class SealedCheck {
  #waiting = 0;

  constructor(private readonly parts: SealedCheckParts) {}

  /** How many events were so young that the sealer may not have come to them. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The events of one stream that should be sealed and are not. Only what the journal was not seen to hold is looked up. */
  async check(events: readonly RecordedEvent[]): Promise<readonly Finding[]> {
    const { storage, sealed, whyUnsealable } = this.parts;
    const unseen = events.filter(({ streamId, version }) => version > sealed.upTo(streamId));
    if (unseen.length === 0) return [];
    const positions = await storage.journal.positionsOf(unseen.map(({ eventId }) => eventId));
    const unsealed = unseen.filter(({ eventId }) => !positions.has(eventId));
    if (unsealed.length === 0) return [];
    const written = await storage.feed.asRecorded(unsealed.map(({ eventId }) => eventId));
    const reasons = new Map(written.map((event) => [event.eventId, whyUnsealable(event)]));
    const findings = unsealed.flatMap((event) => this.#findingOf(event, reasons.get(event.eventId)) ?? []);
    this.#waiting += unsealed.length - findings.length;
    return findings;
  }

  #findingOf(event: RecordedEvent, whyUnsealable: string | undefined): Finding | undefined {
    const { streamId, version, eventId } = event;
    const words =
      whyUnsealable === undefined
        ? this.#wordsOf(event)
        : { problem: 'is not in the journal, and can never be', expected: 'a canonical form', found: whyUnsealable };
    return words && { collection: 'events', at: { streamId, version, eventId }, ...words };
  }

  /** Undefined where it may only be waiting. */
  #wordsOf({ streamId, version, recordedAt }: RecordedEvent): Words | undefined {
    const { sealed, begun, clock } = this.parts;
    const last = sealed.last(streamId);
    if (version < last) {
      const problem = 'is not in the journal, and one that follows it is';
      return { problem, expected: `a position before that of version ${last}`, found: 'none' };
    }
    // While a long ledger is checked, others go on.
    const latest = clock.now() + LONGEST_WAIT;
    if (recordedAt > latest) {
      const problem = 'is not in the journal, and was recorded in the future';
      return { problem, expected: `${timeText(latest)} or earlier`, found: timeText(recordedAt) };
    }
    if (recordedAt >= begun - LONGEST_WAIT) return undefined;
    const found = `none, though it was recorded at ${timeText(recordedAt)}`;
    return { problem: 'is not in the journal', expected: 'a position', found };
  }
}
