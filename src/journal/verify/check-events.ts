import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import type { EventFeed } from '../../application/ports/event-feed.ts';
import type { Finding, Tell } from '../../application/ports/finding.ts';
import type { Block } from '../../application/ports/journal-store.ts';
import type { SealedVersions } from '../../application/verify/sealed-check.ts';
import { leafOf } from '../canonical-event.ts';
import { type Hash, HASH_BYTES } from '../merkle/hash.ts';

const leafOrError = (event: EventAsRecorded): Hash | Error => {
  try {
    return leafOf(event);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    throw error;
  }
};

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

/** Holds sealed events against their leaves. It keeps a version for each stream, and nothing for an event that is right. */
export class EventCheck {
  readonly #versions = new Map<string, number>();
  readonly #withHoles = new Set<string>();

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

  #check({ eventIds, firstPosition, leafHashes }: Block, events: ReadonlyMap<string, EventAsRecorded>): void {
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
      if (difference) this.tell(difference);
      else this.#checkOrder(event, position);
    });
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
