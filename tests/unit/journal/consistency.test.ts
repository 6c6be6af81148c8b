import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, type Hash } from '../../../src/journal/merkle/hash.ts';
import { consistencyProof } from '../../../src/journal/merkle/proofs.ts';
import { verifyConsistency } from '../../../src/journal/merkle/verify-proofs.ts';
import { reshaped, withOneBitAltered } from './altered-proofs.ts';
import { leafAt, leavesUpTo, NaiveTree, nodesOverEqual } from './naive-tree.ts';
import { rootByRfc, treeByRfc } from './rfc-tree.ts';

const leaves = leavesUpTo(600);
const tree = new NaiveTree(leaves);
const rootAt = (size: number): Hash => tree.root(0, size);

const holds = (proof: readonly Hash[], first: number, second: number): boolean =>
  verifyConsistency({ first, second }, { first: rootAt(first), second: rootAt(second) }, proof);

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
    const made = await consistencyProof({ first, second }, new NaiveTree(treeByRfc).readNode);
    const roots = { first: rootByRfc(first), second: rootByRfc(second) };
    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
    expect(verifyConsistency({ first, second }, roots, made)).toBe(true);
  });

  it('is that of RFC 9162 and holds', async () => {
    const wrong: string[] = [];
    const check = async (first: number, second: number): Promise<void> => {
      const proof = await consistencyProof({ first, second }, tree.readNode);
      const isRfc = Buffer.concat(proof).equals(Buffer.concat(tree.subproof(first, second)));
      if (!isRfc || !holds(proof, first, second)) wrong.push(`${first} to ${second}`);
    };
    for (let second = 1; second <= 260; second += 1) {
      for (let first = 1; first <= second; first += 1) await check(first, second);
    }
    for (const second of [511, 512, 513, 600]) {
      for (let first = 1; first <= second; first += 1) await check(first, second);
    }
    expect(wrong).toEqual([]);
  });

  it('has no hashes where the tree was empty: the root says it', async () => {
    expect(await consistencyProof({ first: 0, second: 9 }, tree.readNode)).toEqual([]);
    expect(holds([], 0, 9)).toBe(true);
    expect(holds([EMPTY_ROOT], 0, 9)).toBe(false);
    expect(verifyConsistency({ first: 0, second: 9 }, { first: rootAt(1), second: rootAt(9) }, [])).toBe(false);
  });

  it('has none where the tree did not grow: the roots are the same', () => {
    expect(holds([], 5, 5)).toBe(true);
    expect(holds([EMPTY_ROOT], 5, 5)).toBe(false);
    expect(verifyConsistency({ first: 5, second: 5 }, { first: rootAt(5), second: rootAt(4) }, [])).toBe(false);
  });

  it('holds for no other roots and no other sizes', async () => {
    const believed: string[] = [];
    const check = async (first: number, second: number): Promise<void> => {
      const growth = { first, second };
      const proof = await consistencyProof(growth, tree.readNode);
      for (let other = 0; other <= second + 5; other += 1) {
        const doubts = [
          other !== first && verifyConsistency(growth, { first: rootAt(other), second: rootAt(second) }, proof),
          other !== second && verifyConsistency(growth, { first: rootAt(first), second: rootAt(other) }, proof),
          other !== first && holds(proof, other, second),
          other !== second && holds(proof, first, other),
        ];
        if (doubts.includes(true)) believed.push(`${first} to ${second} as ${other}: ${doubts.join()}`);
      }
    };
    for (let second = 2; second <= 33; second += 1) {
      for (let first = 1; first < second; first += 1) await check(first, second);
    }
    expect(believed).toEqual([]);
  });

  it('says of which sizes it is: another tree with the same beginning of a way is refused', async () => {
    const proof = await consistencyProof({ first: 3, second: 4 }, tree.readNode);
    const roots = { first: rootAt(3), second: rootAt(4) };
    const believed = [5, 6, 7, 8, 9, 17].filter((second) => verifyConsistency({ first: 3, second }, roots, proof));
    expect(believed).toEqual([]);
  });

  it.each([
    { first: 1, second: 2 },
    { first: 3, second: 7 },
    { first: 4, second: 7 },
    { first: 256, second: 300 },
    { first: 299, second: 300 },
  ])('from $first to $second is refused with any bit altered, and in another shape', async ({ first, second }) => {
    const proof = await consistencyProof({ first, second }, tree.readNode);
    const changed = [...withOneBitAltered(proof), ...reshaped(proof)];
    expect(changed.length).toBeGreaterThan(256 * proof.length);
    expect(changed.filter((other) => holds(other, first, second))).toEqual([]);
  });

  it.each([
    { first: 6, second: 5 },
    { first: -1, second: 5 },
    { first: 1.5, second: 5 },
    { first: 1, second: 2 ** 53 },
    { first: Number.NaN, second: 5 },
    { first: -1, second: -1 },
    { first: 1.5, second: 1.5 },
  ])('is neither made nor believed from $first to $second', async (growth) => {
    await expect(consistencyProof(growth, tree.readNode)).rejects.toThrow('no tree grew');
    expect(verifyConsistency(growth, { first: rootAt(5), second: rootAt(5) }, [])).toBe(false);
  });

  it('takes no more than two nodes for each level, in trees of any size', async () => {
    const nodes = nodesOverEqual(leafAt(leaves, 0));
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), async (second, added) => {
        const asked: number[] = [];
        await consistencyProof({ first: Math.max(0, second - added), second }, (level, index) => {
          asked.push(level);
          return nodes(level, index);
        });
        expect(asked.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(second)) + 1);
      }),
    );
  });
});
