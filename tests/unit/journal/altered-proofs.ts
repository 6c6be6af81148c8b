import { EMPTY_ROOT, type Hash, hashFrom } from '../../../src/journal/merkle/hash.ts';

const flipped = (hash: Hash, bit: number): Hash => {
  const bytes = Buffer.from(hash);
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return hashFrom(bytes);
};

/** The proof with one bit altered, once for every bit of it. */
export const withOneBitAltered = (proof: readonly Hash[]): readonly (readonly Hash[])[] =>
  proof.flatMap((hash, at) => Array.from({ length: 256 }, (_, bit) => proof.with(at, flipped(hash, bit))));

const exchanged = (proof: readonly Hash[], at: number): readonly Hash[] => [
  ...proof.slice(0, at),
  ...proof.slice(at, at + 2).toReversed(),
  ...proof.slice(at + 2),
];

/** The proof with a hash left out or added, or two neighbours exchanged. */
export const reshaped = (proof: readonly Hash[]): readonly (readonly Hash[])[] => [
  [...proof, EMPTY_ROOT],
  [EMPTY_ROOT, ...proof],
  ...proof.map((_, at) => proof.toSpliced(at, 1)),
  ...proof.slice(1).map((_, at) => exchanged(proof, at)),
];
