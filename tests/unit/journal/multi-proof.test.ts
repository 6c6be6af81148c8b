import { describe, expect, it } from 'vitest';
import { multiProof, type PlacedLeaf, verifyMultiProof } from '../../../src/journal/merkle/multi-proof.ts';
import { inclusionProof } from '../../../src/journal/merkle/proofs.ts';
import { reshaped, withOneBitAltered } from './altered-proofs.ts';
import { leafAt, leavesUpTo, NaiveTree } from './naive-tree.ts';

const leaves = leavesUpTo(600);
const tree = new NaiveTree(leaves);

const placed = (indexes: readonly number[]): readonly PlacedLeaf[] =>
  indexes.map((index) => ({ index, hash: leafAt(leaves, index) }));

const treeOf = (size: number) => ({ size, root: tree.root(0, size) });

/** All indexes whose bit is set. */
const chosen = (bits: number, size: number): readonly number[] =>
  Array.from({ length: size }, (_, index) => index).filter((index) => ((bits >> index) & 1) === 1);

describe('the proof that several leaves are in a tree', () => {
  it('holds for all of them, whichever they are', async () => {
    const wrong: string[] = [];
    for (let size = 1; size <= 9; size += 1) {
      for (let bits = 1; bits < 2 ** size; bits += 1) {
        const indexes = chosen(bits, size);
        const proof = await multiProof(indexes, size, tree.readNode);
        if (!verifyMultiProof(placed(indexes), treeOf(size), proof)) wrong.push(`${indexes.join()} of ${size}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has each node once: fewer than the proofs of each', async () => {
    const indexes = Array.from({ length: 60 }, (_, at) => at * 10 + (at % 7));
    const together = await multiProof(indexes, 600, tree.readNode);
    const each = await Promise.all(indexes.map((index) => inclusionProof({ index, size: 600 }, tree.readNode)));
    expect(new Set(together.map((hash) => hash.toString('hex'))).size).toBe(together.length);
    expect(together.length).toBeLessThan(each.flat().length / 2);
    expect(verifyMultiProof(placed(indexes), treeOf(600), together)).toBe(true);
  });

  it('is that of RFC 9162 for one leaf, from left to right', async () => {
    const alone = await multiProof([5], 8, tree.readNode);
    const proof = await inclusionProof({ index: 5, size: 8 }, tree.readNode);
    expect(alone.map(String).toSorted()).toEqual(proof.map(String).toSorted());
  });

  it('needs nothing where every leaf is there', async () => {
    expect(await multiProof(chosen(127, 7), 7, tree.readNode)).toEqual([]);
  });

  it('does not hold with another hash, or with one more or less', async () => {
    const indexes = [1, 4, 5, 9];
    const proof = await multiProof(indexes, 11, tree.readNode);
    for (const altered of [...withOneBitAltered(proof), ...reshaped(proof)]) {
      expect(verifyMultiProof(placed(indexes), treeOf(11), altered)).toBe(false);
    }
  });

  it('does not hold for other leaves, at other places, in another tree, or for none', async () => {
    const indexes = [1, 4, 5, 9];
    const proof = await multiProof(indexes, 11, tree.readNode);
    const at = placed(indexes);
    const shifted = at.map(({ index, hash }) => ({ index: index + 1, hash }));
    const doubled = [...at.slice(0, 1), ...at];
    for (const others of [placed([1, 4, 5, 8]), placed([1, 4, 5]), shifted, doubled, at.toReversed(), []]) {
      expect(verifyMultiProof(others, treeOf(11), proof)).toBe(false);
    }
    expect(verifyMultiProof(at, treeOf(12), proof)).toBe(false);
    expect(verifyMultiProof(at, { ...treeOf(11), size: 9 }, proof)).toBe(false);
    expect(verifyMultiProof(at, { ...treeOf(11), size: 2 ** 53 - 1 }, proof)).toBe(false);
  });
});
