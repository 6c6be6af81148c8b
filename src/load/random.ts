/** The finalizer of MurmurHash3: every bit of the 32 that come out depends on every bit that goes in. */
const scramble = (value: number): number => {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};

// 2^32 divided by the golden ratio: steps of it visit all 32-bit numbers.
const GOLDEN = 0x9e3779b9;

/** Gives the next number in [0, 1) at each call. */
export type Random = () => number;

/**
 * Numbers that follow from the seed and the place alone, not from what was drawn before: so that the n-th wish is the same
 * whichever worker comes to it, and can be worked out again instead of being kept.
 */
export const randomAt = (seed: number, place: number): Random => {
  let state = scramble(scramble(place) ^ scramble(seed + GOLDEN));
  return () => {
    state = (state + GOLDEN) | 0;
    return scramble(state) / 2 ** 32;
  };
};

/** A whole number from 0 up to, not including, the limit. */
export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
