import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import type { EventFeed } from '../../application/ports/event-feed.ts';
import type { Finding, Tell } from '../../application/ports/finding.ts';
import type { Block } from '../../application/ports/journal-store.ts';
import type { SealedVersions } from '../../application/ports/sealed-versions.ts';
import { type Instant, instant, latest } from '../../domain/time/instant.ts';
import { leafOrError } from '../canonical-event.ts';
import { HASH_BYTES } from '../merkle/hash.ts';

/** Why no sealer can ever take this event; undefined where one can. */
export const whyUnsealable = (event: EventAsRecorded): string | undefined => {
  const leaf = leafOrError(event);
  return leaf instanceof Error ? leaf.message : undefined;
};

const leafIn = (event: EventAsRecorded): string => {
  const leaf = leafOrError(event);
  return leaf instanceof Error ? `none: ${leaf.message}` : leaf.toString('hex');
};

const differenceOf = (event: EventAsRecorded, position: number, expected: string): Finding | undefined => {
  const found = leafIn(event);
  if (expected === found) return undefined;
  const at = { position, streamId: event.streamId, version: event.version, eventId: event.eventId };
  const leaf = { expected: `leaf ${expected}`, found: `leaf ${found}` };
  return { collection: 'events', at, problem: 'the event is not the one that was sealed', ...leaf };
};

// The clock of a process may be put back by an hour, and a process may be stopped for a minute between giving an event its time and
// committing it: nothing in good faith comes near a day.
const LONGEST_LAG = 86_400_000;

const timeText = (moment: number): string => new Date(moment).toISOString();

/**
 * What is wrong with the time of an event that was sealed at that moment, behind others of which the latest was recorded at `before`: one
 * that comes with a time of long before would change answers about the past that were given already.
 */
const lagOf = (
  { recordedAt }: EventAsRecorded,
  sealedAt: Instant,
  before: Instant,
): Omit<Finding, 'collection' | 'at'> | undefined => {
  if (recordedAt < before - LONGEST_LAG) {
    const problem = 'was recorded long before an event that was sealed before it';
    return { problem, expected: `${timeText(before - LONGEST_LAG)} or later`, found: timeText(recordedAt) };
  }
  if (recordedAt <= sealedAt + LONGEST_LAG) return undefined;
  const problem = 'was recorded long after it was sealed';
  return { problem, expected: `${timeText(sealedAt + LONGEST_LAG)} or earlier`, found: timeText(recordedAt) };
};

/** Holds sealed events against their leaves. It keeps a version for each stream, and nothing for an event that is right. */
export class EventCheck {
  readonly #versions = new Map<string, number>();
  readonly #withHoles = new Set<string>();
  #latest = instant(0);

  constructor(
    private readonly feed: EventFeed,
    private readonly tell: Tell,
  ) {}

  /** Tells of every event of these blocks that is not there, not exactly as it was sealed, or sealed before one that it follows. */
  async add(blocks: readonly Block[]): Promise<void> {
    const events = await this.feed.asRecorded(blocks.flatMap(({ eventIds }) => eventIds));
    const byId = new Map(events.map((event) => [event.eventId, event]));
    for (const block of blocks) this.#check(block, byId);
  }

  /** Of what was added so far. */
  get sealed(): SealedVersions {
    const last = (streamId: string): number => this.#versions.get(streamId) ?? 0;
    return { last, upTo: (streamId) => (this.#withHoles.has(streamId) ? 0 : last(streamId)) };
  }

  #check({ eventIds, firstPosition, leafHashes, sealedAt }: Block, events: ReadonlyMap<string, EventAsRecorded>): void {
    const leaves = Buffer.from(leafHashes);
    eventIds.forEach((eventId, index) => {
      const position = firstPosition + index;
      const event = events.get(eventId);
      if (!event) {
        const problem = 'the event that was sealed is not there';
        this.tell({ collection: 'events', at: { position, eventId }, problem });
        return;
      }
      const leaf = leaves.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES);
      const difference = differenceOf(event, position, leaf);
      if (difference) {
        this.tell(difference);
        return;
      }
      this.#checkOrder(event, position);
      this.#checkTime(event, position, sealedAt);
    });
  }

  /** What has a wrong time itself says nothing of those behind it. */
  #checkTime(event: EventAsRecorded, position: number, sealedAt: Instant): void {
    const lag = lagOf(event, sealedAt, this.#latest);
    if (!lag) {
      this.#latest = latest(this.#latest, event.recordedAt);
      return;
    }
    const { streamId, version, eventId } = event;
    this.tell({ collection: 'events', at: { position, streamId, version, eventId }, ...lag });
  }

  /** Which version is missing, the stream itself says. */
  #checkOrder({ streamId, version, eventId }: EventAsRecorded, position: number): void {
    const last = this.#versions.get(streamId) ?? 0;
    this.#versions.set(streamId, Math.max(last, version));
    if (version !== last + 1) this.#withHoles.add(streamId);
    if (version > last) return;
    const words = { expected: `a version behind ${last}`, found: `version ${version}` };
    const at = { position, streamId, version, eventId };
    this.tell({ collection: 'journal', at, problem: 'was sealed behind an event that follows it', ...words });
  }
}
