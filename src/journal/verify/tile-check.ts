import type { Tell } from '../../application/ports/finding.ts';
import type { JournalStore } from '../../application/ports/journal-store.ts';
import type { Hash } from '../merkle/hash.ts';
import { fullTiles, rootOfTile, TILE_WIDTH } from '../merkle/tiles.ts';

type Level = { hashes: Hash[]; index: number; firstMissing: number | undefined };

/** How many full tiles of each level a tree of this size has. */
const extentsOf = (size: number): readonly number[] => {
  const extents: number[] = [];
  for (let level = 0; fullTiles(level, size) > 0; level += 1) extents.push(fullTiles(level, size));
  return extents;
};

/**
 * Holds the stored tiles against the leaves, which it is given from the first one on; it keeps less than a tile of each level. A tile
 * may be missing behind all others of its level: it is written a moment after its block.
 */
export class TileCheck {
  readonly #levels: Level[] = [];

  constructor(
    private readonly journal: JournalStore,
    private readonly tell: Tell,
  ) {}

  async add(leaves: readonly Hash[]): Promise<void> {
    for (const leaf of leaves) await this.#add(0, leaf);
  }

  /** Tells of tiles of events that the journal does not have: its end was cut off, or somebody has put them there. */
  async finish(): Promise<void> {
    const beyond = await this.journal.tilesBeyond(extentsOf(await this.#size()));
    if (beyond.length === 0) return;
    // While one was looked for, a sealer may have filled the next.
    const size = await this.#size();
    const extents = extentsOf(size);
    for (const { level, index: tile } of beyond.filter(({ level, index }) => !(index < (extents[level] ?? 0)))) {
      const problem = `is of events behind the last one of the journal, which ends at ${size}: its end is missing`;
      this.tell({ collection: 'journal_tiles', at: { level, tile }, problem });
    }
  }

  async #size(): Promise<number> {
    return (await this.journal.head())?.treeSize ?? 0;
  }

  async #add(level: number, hash: Hash): Promise<void> {
    const filling = (this.#levels[level] ??= { hashes: [], index: 0, firstMissing: undefined });
    filling.hashes.push(hash);
    if (filling.hashes.length < TILE_WIDTH) return;
    const { hashes, index } = filling;
    filling.hashes = [];
    filling.index += 1;
    const root = rootOfTile(hashes);
    await this.#compare(level, index, { hashes, root });
    await this.#add(level + 1, root);
  }

  /** It may have been on its way when it was looked for. */
  async #tellUnlessWritten(level: number, tile: number): Promise<void> {
    const { size: found } = await this.journal.tileRoots(level, tile, tile + 1);
    if (found > 0) return;
    const problem = 'is missing, and tiles behind it are there';
    this.tell({ collection: 'journal_tiles', at: { level, tile }, problem });
  }

  async #compare(level: number, index: number, due: { readonly hashes: readonly Hash[]; readonly root: Hash }) {
    const filling = this.#levels[level];
    const [hashes, roots] = await Promise.all([
      this.journal.tile({ level, index }),
      this.journal.tileRoots(level, index, index + 1),
    ]);
    const root = roots.get(index);
    if (!filling) return;
    if (!hashes || !root) {
      filling.firstMissing ??= index;
      return;
    }
    if (filling.firstMissing !== undefined) {
      await this.#tellUnlessWritten(level, filling.firstMissing);
      filling.firstMissing = undefined;
    }
    if (Buffer.concat(due.hashes).equals(hashes) && due.root.equals(root)) return;
    const words = { expected: `root ${due.root.toString('hex')}`, found: `root ${Buffer.from(root).toString('hex')}` };
    const problem = 'its hashes or its root are not what the leaves give';
    this.tell({ collection: 'journal_tiles', at: { level, tile: index }, problem, ...words });
  }
}
