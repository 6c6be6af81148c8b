/** Where a stream of numbers begins: the seed and what the numbers are for, so that one purpose does not shift another. */
const begin = (seed: number, purpose: string): number => {
  let hash = 2_166_136_261 ^ seed;
  for (const letter of purpose) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
  return hash | 0;
};

/** Numbers that follow from a seed, and from nothing else (splitmix32). */
export class Random {
  #state: number;

  constructor(seed: number, purpose: string) {
    this.#state = begin(seed, purpose);
  }

  /** 0 ≤ fraction < 1. */
  fraction(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` up to and including `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.fraction() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}
