import { EMPTY_ROOT, HASH_BYTES, type Hash, hashFrom, nodeHash } from './hash.ts';

/**
 * A tree that can grow without anybody reading what is in it: the roots of its perfect subtrees, largest and leftmost first. There
 * is one for each bit that is set in the number of leaves.
 */
export type CompactRange = { readonly size: number; readonly peaks: readonly Hash[] };

export const emptyRange: CompactRange = { size: 0, peaks: [] };

/** The tree with one more leaf: each perfect subtree that has found its equal is joined with it. */
export const append = ({ size, peaks }: CompactRange, leaf: Hash): CompactRange => {
  const left = [...peaks];
  let node = leaf;
  for (let subtrees = size; subtrees % 2 === 1; subtrees = Math.floor(subtrees / 2)) {
    const equal = left.pop();
    if (equal) node = nodeHash(equal, node);
  }
  return { size: size + 1, peaks: [...left, node] };
};

/** RFC 9162 §2.1.1: the smaller subtrees, which are on the right, are joined first. */
export const rootOf = ({ peaks }: CompactRange): Hash =>
  peaks.length === 0 ? EMPTY_ROOT : peaks.reduceRight((right, left) => nodeHash(left, right));

const SIZE_BYTES = 8;

/** The size as a big-endian uint64, then the peaks. */
export const bytesOfRange = ({ size, peaks }: CompactRange): Buffer => {
  const head = Buffer.alloc(SIZE_BYTES);
  head.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([head, ...peaks]);
};

const bitsSetIn = (size: number): number => size.toString(2).replaceAll('0', '').length;

/** Throws where these are not the bytes of a range. */
export const rangeFromBytes = (bytes: Uint8Array): CompactRange => {
  const all = Buffer.from(bytes);
  const size = all.length < SIZE_BYTES ? Number.NaN : Number(all.readBigUInt64BE());
  if (!Number.isSafeInteger(size) || all.length !== SIZE_BYTES + bitsSetIn(size) * HASH_BYTES) {
    throw new RangeError(`${all.length} bytes are no compact range`);
  }
  const peaks = Array.from({ length: bitsSetIn(size) }, (_, place) => {
    const start = SIZE_BYTES + place * HASH_BYTES;
    return hashFrom(all.subarray(start, start + HASH_BYTES));
  });
  return { size, peaks };
};
