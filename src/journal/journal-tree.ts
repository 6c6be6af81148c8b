import type { JournalStore, StoredTile } from '../application/ports/journal-store.ts';
import { type Hash, HASH_BYTES, hashFrom } from './merkle/hash.ts';
import { fullTiles, rootOfTile, type Tile, TILE_WIDTH, type TiledTree, type TileId } from './merkle/tiles.ts';

/** Hashes that are kept side by side. */
export const hashesFrom = (bytes: Uint8Array): readonly Hash[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, place) =>
    hashFrom(bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES)),
  );

/** The leaves from index `start` up to, not including, `end`, as the blocks have them. */
const readLeaves = async (journal: JournalStore, start: number, end: number): Promise<readonly Hash[]> => {
  const leaves: Hash[] = [];
  if (start === end) return leaves;
  for await (const { firstPosition, treeSize, leafHashes } of journal.from(start + 1)) {
    const before = firstPosition - 1;
    const wanted = leafHashes.subarray(Math.max(0, start - before) * HASH_BYTES, (end - before) * HASH_BYTES);
    leaves.push(...hashesFrom(wanted));
    if (treeSize >= end) break;
  }
  return leaves;
};

/**
 * The tree of the first `size` events, over the tiles that are stored; `edge` is its leaves behind the last full tile. Where a tile is
 * missing, because whoever sealed was killed before it was written, it is made from what is below it: in the end from the blocks.
 */
export const treeWithEdge = (journal: JournalStore, size: number, edge: readonly Hash[]): TiledTree => {
  const rootsBelow = async ({ level, index }: TileId): Promise<readonly Hash[]> => {
    const start = index * TILE_WIDTH;
    const end = Math.min(start + TILE_WIDTH, fullTiles(level - 1, size));
    const stored = await journal.tileRoots(level - 1, start, end);
    const roots: Hash[] = [];
    for (let below = start; below < end; below += 1) {
      const root = stored.get(below);
      roots.push(root ? hashFrom(root) : rootOfTile(await readTile({ level: level - 1, index: below })));
    }
    return roots;
  };
  const readTile = async (id: TileId): Promise<readonly Hash[]> => {
    const stored = await journal.tile(id);
    if (stored) return hashesFrom(stored);
    const start = id.index * TILE_WIDTH;
    return id.level === 0 ? readLeaves(journal, start, start + TILE_WIDTH) : rootsBelow(id);
  };
  return { size, edge, readTile };
};

/** The tree of the first `size` events. */
export const journalTree = async (journal: JournalStore, size: number): Promise<TiledTree> =>
  treeWithEdge(journal, size, await readLeaves(journal, fullTiles(0, size) * TILE_WIDTH, size));

export const storedTileOf = ({ level, index, hashes }: Tile): StoredTile => ({
  level,
  index,
  hashes: Buffer.concat(hashes),
  root: rootOfTile(hashes),
});

/**
 * Writes the tiles that should be there and are not. A block is sealed on another only when the tiles of that are written, so those
 * missing are the last of their levels.
 */
export const mendTiles = async (journal: JournalStore, { size, readTile }: TiledTree): Promise<void> => {
  for (let level = 0; fullTiles(level, size) > 0; level += 1) {
    const missing: StoredTile[] = [];
    for (let index = fullTiles(level, size) - 1; index >= 0; index -= 1) {
      const { size: found } = await journal.tileRoots(level, index, index + 1);
      if (found > 0) break;
      missing.push(storedTileOf({ level, index, hashes: await readTile({ level, index }) }));
    }
    await journal.putTiles(missing);
  }
};
