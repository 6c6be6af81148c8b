import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hash } from '../../../src/journal/merkle/hash.ts';
import { inclusionProof } from '../../../src/journal/merkle/proofs.ts';
import { lengthOfInclusionProof, verifyInclusion } from '../../../src/journal/merkle/verify-proofs.ts';
import { reshaped, withOneBitAltered } from './altered-proofs.ts';
import { leafAt, leavesUpTo, NaiveTree, nodesOverEqual } from './naive-tree.ts';
import { rootByRfc, treeByRfc } from './rfc-tree.ts';

const leaves = leavesUpTo(600);
const tree = new NaiveTree(leaves);
const rootAt = (size: number): Hash => tree.root(0, size);

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
    const made = await inclusionProof({ index, size }, new NaiveTree(treeByRfc).readNode);
    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
    expect(verifyInclusion(leafAt(treeByRfc, index), { index, size }, made, rootByRfc(size))).toBe(true);
  });

  it('is that of RFC 9162, has the length that it must have, and holds', async () => {
    const wrong: string[] = [];
    const check = async (index: number, size: number): Promise<void> => {
      const proof = await inclusionProof({ index, size }, tree.readNode);
      const isRight =
        Buffer.concat(proof).equals(Buffer.concat(tree.path(index, size))) &&
        proof.length === lengthOfInclusionProof({ index, size }) &&
        verifyInclusion(leafAt(leaves, index), { index, size }, proof, rootAt(size));
      if (!isRight) wrong.push(`${index} of ${size}`);
    };
    for (let size = 1; size <= 260; size += 1) for (let index = 0; index < size; index += 1) await check(index, size);
    for (const size of [511, 512, 513, 600]) for (let index = 0; index < size; index += 1) await check(index, size);
    expect(wrong).toEqual([]);
  });

  it('holds for no other leaf, place, size or root', async () => {
    const believed: string[] = [];
    const check = async (index: number, size: number): Promise<void> => {
      const proof = await inclusionProof({ index, size }, tree.readNode);
      const holds = (leaf: number, place: { index: number; size: number }, root: number): boolean =>
        verifyInclusion(leafAt(leaves, leaf), place, proof, rootAt(root));
      for (let other = 0; other <= size + 9; other += 1) {
        const doubts = [
          other !== index && holds(other, { index, size }, size),
          other !== index && holds(index, { index: other, size }, size),
          other !== size && holds(index, { index, size }, other),
          other !== size && holds(index, { index, size: other }, other),
        ];
        if (doubts.includes(true)) believed.push(`${index} of ${size} as ${other}: ${doubts.join()}`);
      }
    };
    for (let size = 1; size <= 33; size += 1) for (let index = 0; index < size; index += 1) await check(index, size);
    expect(believed).toEqual([]);
  });

  it.each([
    { index: 0, size: 2 },
    { index: 3, size: 5 },
    { index: 4, size: 5 },
    { index: 255, size: 300 },
  ])('of leaf $index of $size is refused with any bit altered, and in another shape', async (place) => {
    const proof = await inclusionProof(place, tree.readNode);
    const changed = [...withOneBitAltered(proof), ...reshaped(proof)];
    const believed = changed.filter((other) =>
      verifyInclusion(leafAt(leaves, place.index), place, other, rootAt(place.size)),
    );
    expect(changed.length).toBeGreaterThan(256 * proof.length);
    expect(believed).toEqual([]);
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
    await expect(inclusionProof(place, tree.readNode)).rejects.toThrow('no leaf');
    expect(verifyInclusion(leafAt(leaves, 0), place, [], leafAt(leaves, 0))).toBe(false);
  });

  it('takes no more than two nodes for each level, in trees of any size', async () => {
    const nodes = nodesOverEqual(leafAt(leaves, 0));
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.boolean(), async (size, distance, isFromTheLeft) => {
        const asked: number[] = [];
        const near = Math.min(distance, size - 1);
        const place = { index: isFromTheLeft ? near : size - 1 - near, size };
        const proof = await inclusionProof(place, (level, index) => {
          asked.push(level);
          return nodes(level, index);
        });
        expect(proof).toHaveLength(lengthOfInclusionProof(place));
        expect(asked.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size)));
      }),
    );
  });
});
