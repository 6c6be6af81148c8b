const CHUNK = 65_536;
const ID_BYTES = 16;
const LEGS = 2;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const outcomes = ['unsent', 'acknowledged', 'refused', 'unknown'] as const;

export type KnownOutcome = (typeof outcomes)[number];

type Chunk = { readonly states: Uint8Array; readonly ids: Buffer };

const OUTCOME_BITS = 3;
const seenBit = (leg: number): number => 4 << leg;

/**
 * What became of each command, by its place in the sequence of wishes: 33 bytes for each, outside the heap of JavaScript. The
 * wish and its key are not kept, because they follow from the place; the event ids of the answer are, to be looked for.
 */
export class CommandLog {
  readonly #chunks = new Map<number, Chunk>();
  #length = 0;

  /** Every place is below. */
  get length(): number {
    return this.#length;
  }

  record(place: number, outcome: KnownOutcome): void {
    const { states } = this.#chunkOf(place);
    const index = place % CHUNK;
    states[index] = ((states[index] ?? 0) & ~OUTCOME_BITS) | outcomes.indexOf(outcome);
    this.#length = Math.max(this.#length, place + 1);
  }

  /** False where one of the ids is no UUID: then nothing is recorded. */
  acknowledge(place: number, eventIds: readonly string[]): boolean {
    if (eventIds.length === 0 || !eventIds.every((id) => uuid.test(id))) return false;
    const { ids } = this.#chunkOf(place);
    const start = (place % CHUNK) * LEGS * ID_BYTES;
    eventIds.forEach((id, leg) => ids.write(id.replaceAll('-', ''), start + leg * ID_BYTES, 'hex'));
    this.record(place, 'acknowledged');
    return true;
  }

  outcomeOf(place: number): KnownOutcome {
    const state = this.#chunks.get(Math.floor(place / CHUNK))?.states[place % CHUNK] ?? 0;
    return outcomes[state & OUTCOME_BITS] ?? 'unsent';
  }

  /** The event id that the answer gave for this leg: the first, or a transfer's second. */
  eventIdOf(place: number, leg: number): string {
    const start = ((place % CHUNK) * LEGS + leg) * ID_BYTES;
    const hex = this.#chunks.get(Math.floor(place / CHUNK))?.ids.toString('hex', start, start + ID_BYTES) ?? '';
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** Notes that the event of this leg was found; false where it had been found before. */
  find(place: number, leg: number): boolean {
    if (this.isFound(place, leg)) return false;
    const { states } = this.#chunkOf(place);
    states[place % CHUNK] = (states[place % CHUNK] ?? 0) | seenBit(leg);
    return true;
  }

  isFound(place: number, leg: number): boolean {
    const state = this.#chunks.get(Math.floor(place / CHUNK))?.states[place % CHUNK] ?? 0;
    return (state & seenBit(leg)) !== 0;
  }

  #chunkOf(place: number): Chunk {
    const number = Math.floor(place / CHUNK);
    const known = this.#chunks.get(number);
    if (known) return known;
    const chunk = { states: new Uint8Array(CHUNK), ids: Buffer.alloc(CHUNK * LEGS * ID_BYTES) };
    this.#chunks.set(number, chunk);
    return chunk;
  }
}
