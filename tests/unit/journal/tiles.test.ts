import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { append, type CompactRange, emptyRange, rootOf } from '../../../src/journal/merkle/compact-range.ts';
import type { Hash } from '../../../src/journal/merkle/hash.ts';
import { consistencyProof, inclusionProof } from '../../../src/journal/merkle/proofs.ts';
import {
  fillTiles,
  fullTiles,
  nodesOf,
  rootOfTile,
  type TiledTree,
  type TileId,
} from '../../../src/journal/merkle/tiles.ts';
import { verifyConsistency, verifyInclusion } from '../../../src/journal/merkle/verify-proofs.ts';
import { leafAt, leavesUpTo, NaiveTree } from './naive-tree.ts';

const keyOf = ({ level, index }: TileId): string => `${level}/${index}`;

/** A store of full tiles, which counts what is read and finds the beginning of a tile by the roots of those below it. */
class StoredTree {
  readonly full = new Map<string, readonly Hash[]>();
  readonly roots: Hash[][] = [];
  readonly reads: string[] = [];
  tree: TiledTree = { size: 0, edge: [], readTile: (id) => this.#read(id) };

  async append(leaves: readonly Hash[]): Promise<readonly string[]> {
    const { filled, edge } = await fillTiles(this.tree, leaves);
    for (const tile of filled) {
      this.full.set(keyOf(tile), tile.hashes);
      (this.roots[tile.level] ??= []).push(rootOfTile(tile.hashes));
    }
    this.tree = { ...this.tree, size: this.tree.size + leaves.length, edge };
    return filled.map(keyOf);
  }

  #read(id: TileId): Promise<readonly Hash[]> {
    this.reads.push(keyOf(id));
    const begun = this.roots[id.level - 1]?.slice(id.index * 256, (id.index + 1) * 256);
    const hashes = this.full.get(keyOf(id)) ?? begun;
    return hashes ? Promise.resolve(hashes) : Promise.reject(new Error(`no tile ${keyOf(id)}`));
  }
}

const storedTree = async (leaves: readonly Hash[], atOnce = leaves.length): Promise<StoredTree> => {
  const stored = new StoredTree();
  for (let start = 0; start < leaves.length; start += atOnce) await stored.append(leaves.slice(start, start + atOnce));
  return stored;
};

describe('the full tiles of a tree', () => {
  it('are those of C2SP tlog-tiles', () => {
    const counts = (size: number): readonly number[] => [0, 1, 2, 3].map((level) => fullTiles(level, size));
    expect(counts(70_000)).toEqual([273, 1, 0, 0]);
    expect(counts(255)).toEqual([0, 0, 0, 0]);
    expect(counts(256)).toEqual([1, 0, 0, 0]);
    expect(counts(65_535)).toEqual([255, 0, 0, 0]);
    expect(counts(65_536)).toEqual([256, 1, 0, 0]);
    expect(counts(2 ** 53 - 1)).toEqual([2 ** 45 - 1, 2 ** 37 - 1, 2 ** 29 - 1, 2 ** 21 - 1]);
  });

  it('become full lowest first, however the leaves come', async () => {
    const leaves = leavesUpTo(800);
    expect((await storedTree(leaves)).full).toEqual((await storedTree(leaves, 1)).full);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 6 }), async (counts) => {
        const stored = new StoredTree();
        for (const count of counts) {
          await stored.append(leavesUpTo(stored.tree.size + count).slice(stored.tree.size));
        }
        const { size, edge } = stored.tree;
        const all = leavesUpTo(size);
        expect([...stored.full.keys()]).toEqual(Array.from({ length: fullTiles(0, size) }, (_, index) => `0/${index}`));
        expect([...stored.full.values()].flat()).toEqual(all.slice(0, size - (size % 256)));
        expect(edge).toEqual(all.slice(size - (size % 256)));
      }),
      { numRuns: 30 },
    );
  });

  it('are asked for no more than once by what fills them', async () => {
    const leaves = leavesUpTo(65_536 + 256);
    const stored = await storedTree(leaves.slice(0, 65_535));
    expect(await stored.append(leaves.slice(65_535, 65_536))).toEqual(['0/255', '1/0']);
    expect(await stored.append(leaves.slice(65_536))).toEqual(['0/256']);
    expect(stored.reads).toEqual(['1/0']);
  });
});

describe('proofs from tiles', () => {
  const LARGEST = 3 * 65_536 + 257;
  const edges = [
    1,
    2,
    255,
    256,
    257,
    511,
    512,
    513,
    65_279,
    65_280,
    65_535,
    65_536,
    65_537,
    65_792,
    131_071,
    131_073,
    LARGEST,
  ];
  let leaves: readonly Hash[];
  let ranges: readonly CompactRange[];
  let stored: StoredTree;

  beforeAll(async () => {
    leaves = leavesUpTo(LARGEST);
    const all = [emptyRange];
    for (const leaf of leaves) all.push(append(all.at(-1) ?? emptyRange, leaf));
    ranges = all;
    stored = await storedTree(leaves, 10_007);
  });

  const rootAt = (size: number): Hash => rootOf(ranges[size] ?? emptyRange);

  /** How many tiles it takes that this leaf is in the tree of this size, which must hold. */
  const readsOfInclusion = async (index: number, size: number): Promise<number> => {
    stored.reads.length = 0;
    const proof = await inclusionProof({ index, size }, nodesOf(stored.tree));
    expect(verifyInclusion(leafAt(leaves, index), { index, size }, proof, rootAt(size))).toBe(true);
    return stored.reads.length;
  };

  const readsOfConsistency = async (first: number, second: number): Promise<number> => {
    stored.reads.length = 0;
    const proof = await consistencyProof({ first, second }, nodesOf(stored.tree));
    const roots = { first: rootAt(first), second: rootAt(second) };
    expect(verifyConsistency({ first, second }, roots, proof)).toBe(true);
    return stored.reads.length;
  };

  // Three levels of tiles, at most two of each.
  const MOST_READS = 6;

  it('hold where tiles begin and end', async () => {
    for (const size of edges) {
      for (const index of [0, 1, 254, 255, 256, 257, 65_535, 65_536, size - 257, size - 256, size - 2, size - 1]) {
        if (index < 0 || index >= size) continue;
        expect(await readsOfInclusion(index, size)).toBeLessThanOrEqual(MOST_READS);
      }
      for (const first of edges) {
        if (first <= size) expect(await readsOfConsistency(first, size)).toBeLessThanOrEqual(MOST_READS);
      }
    }
  });

  it('hold anywhere, in every tree up to the largest', async () => {
    const size = fc.integer({ min: 1, max: LARGEST });
    await fc.assert(
      fc.asyncProperty(size, size, async (one, other) => {
        const [smaller, larger] = one < other ? [one, other] : [other, one];
        expect(await readsOfInclusion(smaller - 1, larger)).toBeLessThanOrEqual(MOST_READS);
        expect(await readsOfConsistency(smaller, larger)).toBeLessThanOrEqual(MOST_READS);
      }),
      { numRuns: 300 },
    );
  });

  it('are those from the leaves themselves', async () => {
    for (const [index, size] of [
      [0, 700],
      [255, 512],
      [256, 513],
      [699, 700],
    ] as const) {
      const small = await storedTree(leaves.slice(0, 700));
      const proof = await inclusionProof({ index, size }, nodesOf(small.tree));
      expect(proof).toEqual(await inclusionProof({ index, size }, new NaiveTree(leaves).readNode));
    }
  });

  it('are refused where a tile has lost hashes, or the tree is not that large', async () => {
    const short: TiledTree = { ...stored.tree, readTile: async (id) => (await stored.tree.readTile(id)).slice(0, 200) };
    await expect(inclusionProof({ index: 255, size: 65_536 }, nodesOf(short))).rejects.toThrow(
      'tile 0/0 has too few hashes',
    );
    const larger = inclusionProof({ index: 0, size: LARGEST + 1 }, nodesOf(stored.tree));
    await expect(larger).rejects.toThrow('has too few hashes');
  });
});
