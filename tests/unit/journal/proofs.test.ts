import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, type Hash, hashFrom } from '../../../src/journal/merkle/hash.ts';
import { consistencyProof, inclusionProof, type ReadNode } from '../../../src/journal/merkle/proofs.ts';
import {
  lengthOfInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/journal/merkle/verify-proofs.ts';
import { leafAt, leavesUpTo, naivePath, naiveRoot, naiveSubproof, nodesOver, nodesOverEqual } from './naive-tree.ts';
import { rootByRfc, treeByRfc } from './rfc-tree.ts';

const LARGEST = 300;
const leaves = leavesUpTo(LARGEST);
const readNode = nodesOver(leaves);
const roots = Array.from({ length: LARGEST + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)));
const rootAt = (size: number): Hash => roots[size] ?? EMPTY_ROOT;

const hexes = (proof: readonly Hash[]): readonly string[] => proof.map((hash) => hash.toString('hex'));

const flipped = (hash: Hash, bit: number): Hash => {
  const bytes = Buffer.from(hash);
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return hashFrom(bytes);
};

/** The proof with one bit altered, for every bit of it. */
const altered = (proof: readonly Hash[]): readonly (readonly Hash[])[] =>
  proof.flatMap((hash, at) => Array.from({ length: 256 }, (_, bit) => proof.with(at, flipped(hash, bit))));

/** The proof with a hash left out, added, or two of them exchanged. */
const reshaped = (proof: readonly Hash[]): readonly (readonly Hash[])[] => [
  [...proof, EMPTY_ROOT],
  [EMPTY_ROOT, ...proof],
  ...proof.map((_, at) => proof.toSpliced(at, 1)),
  ...proof.slice(1).map((hash, at) => proof.toSpliced(at, 2, hash, leafAt(proof, at))),
];

/** Counts what is asked of it. */
const counting = (read: ReadNode): { readonly readNode: ReadNode; readonly asked: () => number } => {
  let asked = 0;
  return {
    asked: () => asked,
    readNode: (level, index) => {
      asked += 1;
      return read(level, index);
    },
  };
};

const everywhere = nodesOverEqual(leafAt(leaves, 0));

describe('the proof that a leaf is in a tree', () => {
  it.each([
    {
      index: 0,
      size: 8,
      proof: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      index: 5,
      size: 8,
      proof: [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    { index: 2, size: 3, proof: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
    { index: 0, size: 1, proof: [] },
  ])('is the published one of leaf $index of $size', async ({ index, size, proof }) => {
    const made = await inclusionProof({ index, size }, nodesOver(treeByRfc));
    expect(hexes(made)).toEqual(proof);
    expect(verifyInclusion(leafAt(treeByRfc, index), { index, size }, made, rootByRfc(size))).toBe(true);
  });

  it('is that of RFC 9162 and holds, for every leaf of every tree', async () => {
    for (let size = 1; size <= 130; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof({ index, size }, readNode);
        expect(proof).toEqual(naivePath(index, leaves.slice(0, size)));
        expect(proof).toHaveLength(lengthOfInclusionProof({ index, size }));
        expect(verifyInclusion(leafAt(leaves, index), { index, size }, proof, rootAt(size))).toBe(true);
      }
    }
  });

  it('holds for no other leaf, place, size or root', async () => {
    for (let size = 2; size <= 40; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof({ index, size }, readNode);
        const holds = (at: number, leaf: number, of: number, root: number): boolean =>
          verifyInclusion(leafAt(leaves, leaf), { index: at, size: of }, proof, rootAt(root));
        for (let other = 0; other <= size + 2; other += 1) {
          if (other === index) continue;
          expect(holds(index, other, size, size)).toBe(false);
          expect(holds(other, index, size, size)).toBe(false);
        }
        for (let other = 0; other <= size + 9; other += 1) {
          if (other !== size) expect(holds(index, index, size, other)).toBe(false);
          if (other !== size) expect(holds(index, index, other, other)).toBe(false);
        }
      }
    }
  });

  it('is refused with any bit altered, and with a hash too few, too many or in another place', async () => {
    for (const place of [
      { index: 0, size: 2 },
      { index: 3, size: 5 },
      { index: 4, size: 5 },
      { index: 255, size: 300 },
    ]) {
      const proof = await inclusionProof(place, readNode);
      for (const wrong of [...altered(proof), ...reshaped(proof)]) {
        expect(verifyInclusion(leafAt(leaves, place.index), place, wrong, rootAt(place.size))).toBe(false);
      }
    }
  });

  it.each([
    { index: 5, size: 5 },
    { index: 0, size: 0 },
    { index: -1, size: 5 },
    { index: 1.5, size: 5 },
    { index: 0, size: 1.5 },
    { index: 0, size: 2 ** 53 },
    { index: 0, size: Number.POSITIVE_INFINITY },
    { index: Number.NaN, size: 5 },
  ])('is neither made nor believed of leaf $index of $size', async (place) => {
    await expect(inclusionProof(place, readNode)).rejects.toThrow(RangeError);
    expect(verifyInclusion(leafAt(leaves, 0), place, [], leafAt(leaves, 0))).toBe(false);
  });

  it('takes as many nodes as the tree has levels, twice at most, in trees of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(), async (size, from) => {
        const { readNode: read, asked } = counting(everywhere);
        const place = { index: Math.max(0, size - 1 - from), size };
        const proof = await inclusionProof(place, read);
        expect(asked()).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size)) + 1);
        expect(proof).toHaveLength(lengthOfInclusionProof(place));
      }),
    );
  });
});

describe('the proof that a tree only grew', () => {
  it.each([
    { first: 1, second: 1, proof: [] },
    {
      first: 1,
      second: 8,
      proof: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      first: 6,
      second: 8,
      proof: [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      first: 2,
      second: 5,
      proof: [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ])('is the published one from $first to $second', async ({ first, second, proof }) => {
    const made = await consistencyProof({ first, second }, nodesOver(treeByRfc));
    expect(hexes(made)).toEqual(proof);
    const both = { first: rootByRfc(first), second: rootByRfc(second) };
    expect(verifyConsistency({ first, second }, both, made)).toBe(true);
  });

  it('is that of RFC 9162 and holds, between every two trees', async () => {
    for (let second = 1; second <= 130; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const proof = await consistencyProof({ first, second }, readNode);
        expect(proof).toEqual(naiveSubproof(first, leaves.slice(0, second), true));
        expect(verifyConsistency({ first, second }, { first: rootAt(first), second: rootAt(second) }, proof)).toBe(
          true,
        );
      }
    }
  });

  it('has no hashes where the tree was empty, and needs the roots to say it', async () => {
    const proof = await consistencyProof({ first: 0, second: 9 }, readNode);
    const holds = (hashes: readonly Hash[], first: Hash): boolean =>
      verifyConsistency({ first: 0, second: 9 }, { first, second: rootAt(9) }, hashes);
    expect(proof).toEqual([]);
    expect(holds([], EMPTY_ROOT)).toBe(true);
    expect(holds([], rootAt(1))).toBe(false);
    expect(holds([EMPTY_ROOT], EMPTY_ROOT)).toBe(false);
  });

  it('of a tree that did not grow holds for one root only', () => {
    const growth = { first: 5, second: 5 };
    expect(verifyConsistency(growth, { first: rootAt(5), second: rootAt(5) }, [])).toBe(true);
    expect(verifyConsistency(growth, { first: rootAt(5), second: rootAt(4) }, [])).toBe(false);
    expect(verifyConsistency(growth, { first: rootAt(5), second: rootAt(5) }, [EMPTY_ROOT])).toBe(false);
  });

  it('holds for no other roots and no other sizes', async () => {
    for (let second = 2; second <= 40; second += 1) {
      for (let first = 1; first < second; first += 1) {
        const proof = await consistencyProof({ first, second }, readNode);
        const holds = (from: number, to: number, before: Hash, after: Hash): boolean =>
          verifyConsistency({ first: from, second: to }, { first: before, second: after }, proof);
        for (let other = 0; other <= second + 5; other += 1) {
          if (other !== first) expect(holds(first, second, rootAt(other), rootAt(second))).toBe(false);
          if (other !== second) expect(holds(first, second, rootAt(first), rootAt(other))).toBe(false);
          if (other !== first) expect(holds(other, second, rootAt(other), rootAt(second))).toBe(false);
          if (other !== second) expect(holds(first, other, rootAt(first), rootAt(other))).toBe(false);
        }
      }
    }
  });

  it('is refused with any bit altered, and with a hash too few, too many or in another place', async () => {
    for (const growth of [
      { first: 1, second: 2 },
      { first: 3, second: 7 },
      { first: 4, second: 7 },
      { first: 256, second: 300 },
    ]) {
      const proof = await consistencyProof(growth, readNode);
      const both = { first: rootAt(growth.first), second: rootAt(growth.second) };
      for (const wrong of [...altered(proof), ...reshaped(proof)]) {
        expect(verifyConsistency(growth, both, wrong)).toBe(false);
      }
    }
  });

  it.each([
    { first: 6, second: 5 },
    { first: -1, second: 5 },
    { first: 1.5, second: 5 },
    { first: 1, second: 2 ** 53 },
    { first: Number.NaN, second: 5 },
  ])('is neither made nor believed from $first to $second', async (growth) => {
    await expect(consistencyProof(growth, readNode)).rejects.toThrow(RangeError);
    expect(verifyConsistency(growth, { first: rootAt(5), second: rootAt(5) }, [])).toBe(false);
  });

  it('takes as many nodes as the tree has levels, twice at most, in trees of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(), async (second, added) => {
        const { readNode: read, asked } = counting(everywhere);
        await consistencyProof({ first: Math.max(0, second - added), second }, read);
        expect(asked()).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(second)) + 1);
      }),
    );
  });
});
