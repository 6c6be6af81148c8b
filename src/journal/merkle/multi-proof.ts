import { type Hash, nodeHash } from './hash.ts';
import { type ReadNode, rootsOf, splitOf, type Subtree } from './proofs.ts';

/** A leaf and its index, from 0. */
export type PlacedLeaf = { readonly index: number; readonly hash: Hash };

/** What of ascending indexes lies left and right of a split. */
const parted = <T>(
  sorted: readonly T[],
  indexOf: (item: T) => number,
  split: number,
): readonly [readonly T[], readonly T[]] => {
  const first = sorted.findIndex((item) => indexOf(item) >= split);
  const at = first < 0 ? sorted.length : first;
  return [sorted.slice(0, at), sorted.slice(at)];
};

/** The largest subtrees without any of these leaves, from left to right. */
const beside = (indexes: readonly number[], tree: Subtree, found: Subtree[]): readonly Subtree[] => {
  if (indexes.length === 0) found.push(tree);
  else if (tree.end - tree.start > 1) {
    const split = splitOf(tree);
    const [left, right] = parted(indexes, (index) => index, split);
    beside(left, { start: tree.start, end: split }, found);
    beside(right, { start: split, end: tree.end }, found);
  }
  return found;
};

// A proof over many tiles must not take the store from everybody else.
const AT_ONCE = 8;

/**
 * That these leaves are in the tree of `size` leaves: the roots of all the largest subtrees of RFC 9162's tree that have none of them, from
 * left to right, so that each node is there once. The indexes are ascending and below the size. A few nodes are read at a time.
 */
export const multiProof = async (
  indexes: readonly number[],
  size: number,
  readNode: ReadNode,
): Promise<readonly Hash[]> => {
  const subtrees = beside(indexes, { start: 0, end: size }, []);
  const hashes: Hash[] = [];
  for (let start = 0; start < subtrees.length; start += AT_ONCE) {
    hashes.push(...(await rootsOf(subtrees.slice(start, start + AT_ONCE), readNode)));
  }
  return hashes;
};

/** The root over these leaves and hashes; undefined where there are too few hashes. */
const rootOver = (
  leaves: readonly PlacedLeaf[],
  tree: Subtree,
  hashes: Iterator<Hash, undefined>,
): Hash | undefined => {
  const [leaf] = leaves;
  if (!leaf) return hashes.next().value;
  if (tree.end - tree.start === 1) return leaf.hash;
  const split = splitOf(tree);
  const [before, behind] = parted(leaves, ({ index }) => index, split);
  const left = rootOver(before, { start: tree.start, end: split }, hashes);
  const right = rootOver(behind, { start: split, end: tree.end }, hashes);
  return left && right && nodeHash(left, right);
};

const areAscending = (leaves: readonly PlacedLeaf[], size: number): boolean =>
  leaves.every(({ index }, at) => index > (leaves[at - 1]?.index ?? -1) && index < size);

/** Whether the proof shows that all these leaves, by ascending index, have their places in the tree with this root. No hash may be left over. */
export const verifyMultiProof = (
  leaves: readonly PlacedLeaf[],
  { size, root }: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean => {
  if (leaves.length === 0 || !areAscending(leaves, size)) return false;
  const hashes = proof.values();
  const found = rootOver(leaves, { start: 0, end: size }, hashes as Iterator<Hash, undefined>);
  return found?.equals(root) === true && hashes.next().done === true;
};
