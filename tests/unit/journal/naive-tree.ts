import { EMPTY_ROOT, type Hash, leafHash, nodeHash } from '../../../src/journal/merkle/hash.ts';
import type { ReadNode } from '../../../src/journal/merkle/proofs.ts';

/** Leaves that differ from each other, as many as asked for. */
export const leavesUpTo = (count: number): readonly Hash[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** Largest power of two below `size`, from 2 on. */
const splitOf = (size: number): number => {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
};

/** RFC 9162 §2.1.1, word for word: the whole tree is read for every question. */
export const naiveRoot = (leaves: readonly Hash[]): Hash => {
  const [first] = leaves;
  if (!first) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  const split = splitOf(leaves.length);
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
};

/** PATH of RFC 9162 §2.1.3.1, word for word. */
export const naivePath = (index: number, leaves: readonly Hash[]): readonly Hash[] => {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
};

/** SUBPROOF of RFC 9162 §2.1.4.1, word for word. */
export const naiveSubproof = (size: number, leaves: readonly Hash[], isWhole: boolean): readonly Hash[] => {
  if (size === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return size <= split
    ? [...naiveSubproof(size, left, isWhole), naiveRoot(right)]
    : [...naiveSubproof(size - split, right, false), naiveRoot(left)];
};

/** What the list has at this place. */
export const leafAt = (leaves: readonly Hash[], index: number): Hash => {
  const leaf = leaves[index];
  if (!leaf) throw new RangeError(`no leaf ${index}`);
  return leaf;
};

/** The perfect subtrees over these leaves; refuses the others, which would say more than the leaves do. */
export const nodesOver =
  (leaves: readonly Hash[]): ReadNode =>
  (level, index) => {
    const width = 2 ** level;
    const below = leaves.slice(index * width, (index + 1) * width);
    if (below.length !== width) throw new RangeError(`no node ${level}/${index} over ${leaves.length} leaves`);
    return Promise.resolve(naiveRoot(below));
  };

/** The nodes of a tree of any size whose leaves are all the same, so that those of a level are too. */
export const nodesOverEqual = (leaf: Hash): ReadNode => {
  const nodes = [leaf];
  return (level) => {
    for (let below = nodes.length - 1; below < level; below += 1) {
      nodes.push(nodeHash(leafAt(nodes, below), leafAt(nodes, below)));
    }
    return Promise.resolve(leafAt(nodes, level));
  };
};
