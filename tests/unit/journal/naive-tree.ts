import { EMPTY_ROOT, type Hash, leafHash, nodeHash } from '../../../src/journal/merkle/hash.ts';
import type { ReadNode } from '../../../src/journal/merkle/proofs.ts';

/** Leaves that differ from each other, as many as asked for. */
export const leavesUpTo = (count: number): readonly Hash[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** What the list has at this place. */
export const leafAt = (leaves: readonly Hash[], index: number): Hash => {
  const leaf = leaves[index];
  if (!leaf) throw new RangeError(`no leaf ${index}`);
  return leaf;
};

/** Largest power of two below `size`, from 2 on. */
const splitOf = (size: number): number => {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
};

/** The recursive definitions of RFC 9162, word for word: they know the whole tree, and remember the roots that they have computed. */
export class NaiveTree {
  readonly #roots = new Map<string, Hash>();

  constructor(private readonly leaves: readonly Hash[]) {}

  /** MTH of §2.1.1, of the leaves from `start` up to, not including, `end`. */
  root(start: number, end: number): Hash {
    if (start === end) return EMPTY_ROOT;
    if (end - start === 1) return leafAt(this.leaves, start);
    const key = `${start}-${end}`;
    const split = start + splitOf(end - start);
    const root = this.#roots.get(key) ?? nodeHash(this.root(start, split), this.root(split, end));
    this.#roots.set(key, root);
    return root;
  }

  /** PATH of §2.1.3.1. */
  path(index: number, end: number, start = 0): readonly Hash[] {
    if (end - start === 1) return [];
    const split = start + splitOf(end - start);
    return index < split
      ? [...this.path(index, split, start), this.root(split, end)]
      : [...this.path(index, end, split), this.root(start, split)];
  }

  /** SUBPROOF of §2.1.4.1. */
  subproof(size: number, end: number, start = 0): readonly Hash[] {
    if (size === end) return start === 0 ? [] : [this.root(start, end)];
    const split = start + splitOf(end - start);
    return size <= split
      ? [...this.subproof(size, split, start), this.root(split, end)]
      : [...this.subproof(size, end, split), this.root(start, split)];
  }

  /** The perfect subtrees; refuses those that would need leaves which are not there. */
  readonly readNode: ReadNode = (level, index) => {
    const end = (index + 1) * 2 ** level;
    if (end > this.leaves.length) throw new RangeError(`no node ${level}/${index} over ${this.leaves.length} leaves`);
    return Promise.resolve(this.root(index * 2 ** level, end));
  };
}

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
