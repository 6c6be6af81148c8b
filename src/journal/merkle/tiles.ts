import { append, emptyRange, rootOf } from './compact-range.ts';
import type { Hash } from './hash.ts';
import type { ReadNode } from './proofs.ts';

/** C2SP tlog-tiles: a tile is up to 256 hashes side by side, the bottom of a subtree eight levels high. */
const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

/**
 * Levels count from the leaves: a hash of level 0 is a leaf, and one of each level above is the root of a full tile below it. Indexes
 * count from the left, from 0.
 */
export type TileId = { readonly level: number; readonly index: number };

export type Tile = TileId & { readonly hashes: readonly Hash[] };

/** A tree of `size` leaves as it is kept: nothing in a full tile ever changes. */
export type TiledTree = {
  readonly size: number;
  /** The leaves behind the last full tile: fewer than 256. */
  readonly edge: readonly Hash[];
  /**
   * The 256 hashes of a full tile, or those that there are yet of one above level 0: the roots of the full tiles below it. A store that
   * keeps its root with each tile has these with one read. Level 0 is asked for its full tiles alone.
   */
  readonly readTile: (id: TileId) => Promise<readonly Hash[]>;
};

/** How many full tiles of this level a tree of so many leaves has; their indexes are those from 0 on. */
export const fullTiles = (level: number, leaves: number): number => Math.floor(leaves / TILE_WIDTH ** (level + 1));

/** Root of the subtree over these hashes. */
export const rootOfTile = (hashes: readonly Hash[]): Hash => rootOf(hashes.reduce(append, emptyRange));

const readOnce = ({ size, edge, readTile }: TiledTree): TiledTree['readTile'] => {
  const read = new Map<string, Promise<readonly Hash[]>>();
  return (id) => {
    if (id.level === 0 && id.index === fullTiles(0, size)) return Promise.resolve(edge);
    const key = `${id.level}/${id.index}`;
    const hashes = read.get(key) ?? readTile(id);
    read.set(key, hashes);
    return hashes;
  };
};

/**
 * The nodes of a tree, read from its tiles, no tile twice: a proof needs at most two tiles of each level. They are those of every smaller
 * tree too. Rejects where a tile has fewer hashes than the tree's size says.
 */
export const nodesOf = (tree: TiledTree): ReadNode => {
  const readTile = readOnce(tree);
  return async (nodeLevel, nodeIndex) => {
    const width = 2 ** (nodeLevel % TILE_HEIGHT);
    const first = nodeIndex * width;
    const id = { level: Math.floor(nodeLevel / TILE_HEIGHT), index: Math.floor(first / TILE_WIDTH) };
    const hashes = (await readTile(id)).slice(first % TILE_WIDTH, (first % TILE_WIDTH) + width);
    if (hashes.length < width) throw new RangeError(`tile ${id.level}/${id.index} has too few hashes`);
    return rootOfTile(hashes);
  };
};

const cut = (level: number, start: number, hashes: readonly Hash[]): readonly Tile[] =>
  Array.from({ length: Math.floor(hashes.length / TILE_WIDTH) }, (_, place) => ({
    level,
    index: start + place,
    hashes: hashes.slice(place * TILE_WIDTH, (place + 1) * TILE_WIDTH),
  }));

/** What there is yet of the tile that is to be filled next. */
const beginningOf = ({ size, edge, readTile }: TiledTree, level: number): Promise<readonly Hash[]> => {
  if (level === 0) return Promise.resolve(edge);
  const isEmpty = fullTiles(level - 1, size) % TILE_WIDTH === 0;
  return isEmpty ? Promise.resolve([]) : readTile({ level, index: fullTiles(level, size) });
};

/**
 * The tiles that are full once these leaves are appended to the tree, and its edge then. Lower levels come first, so that whoever stores
 * them in this order never has a tile whose hashes cannot be found below it.
 */
export const fillTiles = async (
  tree: TiledTree,
  leaves: readonly Hash[],
): Promise<{ readonly filled: readonly Tile[]; readonly edge: readonly Hash[] }> => {
  const filled: Tile[] = [];
  let added = leaves;
  for (let level = 0; added.length > 0; level += 1) {
    const hashes = [...(await beginningOf(tree, level)), ...added];
    const tiles = cut(level, fullTiles(level, tree.size), hashes);
    filled.push(...tiles);
    added = tiles.map((tile) => rootOfTile(tile.hashes));
  }
  const size = tree.size + leaves.length;
  const edge = [...tree.edge, ...leaves].slice((fullTiles(0, size) - fullTiles(0, tree.size)) * TILE_WIDTH);
  return { filled, edge };
};
