import { type Hash, nodeHash } from './hash.ts';

/** Root of the perfect subtree over the leaves from `index` · 2^`level` up to, not including, (`index` + 1) · 2^`level`. */
export type ReadNode = (level: number, index: number) => Promise<Hash>;

/** Leaves from `start` up to, not including, `end`, that have a subtree of their own in RFC 9162's tree. */
export type Subtree = { readonly start: number; readonly end: number };

/** The level of the largest perfect subtree with fewer leaves than these, which are at least 2. */
const levelOfSplit = (leaves: number): number => {
  let level = 0;
  while (2 ** (level + 1) < leaves) level += 1;
  return level;
};

export const splitOf = ({ start, end }: Subtree): number => start + 2 ** levelOfSplit(end - start);

/** RFC 9162 §2.1.3.1: the subtrees beside the way from the leaf to the root, in this order. */
const besideTheWay = (index: number, tree: Subtree): readonly Subtree[] => {
  if (tree.end - tree.start === 1) return [];
  const split = splitOf(tree);
  const left = { start: tree.start, end: split };
  const right = { start: split, end: tree.end };
  return index < split ? [...besideTheWay(index, left), right] : [...besideTheWay(index, right), left];
};

/** RFC 9162 §2.1.4.1: what the tree of the first `size` leaves consists of, then what was added. */
const grown = (size: number, tree: Subtree): readonly Subtree[] => {
  if (size === tree.end) return tree.start === 0 ? [] : [tree];
  const split = splitOf(tree);
  const left = { start: tree.start, end: split };
  const right = { start: split, end: tree.end };
  return size <= split ? [...grown(size, left), right] : [...grown(size, right), left];
};

/** A subtree at the right edge need not be perfect: it is then joined from perfect ones. */
const rootOfSubtree = async ({ start, end }: Subtree, readNode: ReadNode): Promise<Hash> => {
  const parts: Promise<Hash>[] = [];
  let at = start;
  while (at < end) {
    const level = levelOfSplit(end - at + 1);
    parts.push(readNode(level, at / 2 ** level));
    at += 2 ** level;
  }
  return (await Promise.all(parts)).reduceRight((right, left) => nodeHash(left, right));
};

export const rootsOf = (subtrees: readonly Subtree[], readNode: ReadNode): Promise<readonly Hash[]> =>
  Promise.all(subtrees.map((subtree) => rootOfSubtree(subtree, readNode)));

const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;

/** A leaf by its index, from 0, in the tree of the first `size` leaves. */
export type Place = { readonly index: number; readonly size: number };

export const isPlace = ({ index, size }: Place): boolean => isCount(index) && isCount(size) && index < size;

/**
 * That a leaf is in the tree: O(log n) hashes, lowest first, from O(log n) nodes. Throws where the tree has no such leaf.
 */
export const inclusionProof = async (place: Place, readNode: ReadNode): Promise<readonly Hash[]> => {
  if (!isPlace(place)) throw new RangeError(`no leaf ${place.index} in a tree of ${place.size}`);
  return rootsOf(besideTheWay(place.index, { start: 0, end: place.size }), readNode);
};

/** A tree of `first` leaves, and what became of it when it had `second`. */
export type Growth = { readonly first: number; readonly second: number };

export const isGrowth = ({ first, second }: Growth): boolean => isCount(first) && isCount(second) && first <= second;

/**
 * That a tree only grew: O(log n) hashes from O(log n) nodes; none for a tree that was empty or did not grow, where the roots say
 * it. Throws where the second tree is the smaller one.
 */
export const consistencyProof = async (growth: Growth, readNode: ReadNode): Promise<readonly Hash[]> => {
  const { first, second } = growth;
  if (!isGrowth(growth)) throw new RangeError(`no tree grew from ${first} to ${second}`);
  return first === 0 ? [] : rootsOf(grown(first, { start: 0, end: second }), readNode);
};
