import type { Block, BlockHead, JournalStore, StoredTile, TilePlace } from '../../application/ports/journal-store.ts';
import { VersionConflict } from '../../application/ports/storage-errors.ts';

const nameOf = ({ level, index }: TilePlace): string => `${level}/${index}`;

/** The journal in memory. */
export class MemoryJournalStore implements JournalStore {
  readonly #blocks: Block[] = [];
  readonly #positions = new Map<string, number>();
  readonly #tiles = new Map<string, StoredTile>();

  insert(block: Block): Promise<void> {
    const last = this.#blocks.at(-1);
    const isTaken = last && (block.number <= last.number || block.firstPosition <= last.treeSize);
    if (isTaken || block.eventIds.some((eventId) => this.holds(eventId))) {
      return Promise.reject(new VersionConflict(`block ${block.number} is taken, or one of its events sealed`));
    }
    this.#blocks.push(block);
    block.eventIds.forEach((eventId, index) => this.#positions.set(eventId, block.firstPosition + index));
    return Promise.resolve();
  }

  head(): Promise<BlockHead | undefined> {
    const last = this.#blocks.at(-1);
    if (!last) return Promise.resolve(undefined);
    const { firstPosition: _first, eventIds: _ids, leafHashes: _hashes, ...head } = last;
    return Promise.resolve(head);
  }

  tokenBehind({ resumeToken }: BlockHead): Promise<string | undefined> {
    return Promise.resolve(resumeToken);
  }

  hasRecoveredWithin(blocks: number): Promise<boolean> {
    return Promise.resolve(this.#blocks.slice(-blocks).some(({ resumeToken }) => resumeToken === undefined));
  }

  async *from(position: number): AsyncIterable<Block> {
    for (const block of this.#blocks) if (block.treeSize >= position) yield await Promise.resolve(block);
  }

  countUpTo(last: number): Promise<number> {
    return Promise.resolve(this.#blocks.filter(({ number }) => number <= last).length);
  }

  positionsOf(eventIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const positions = new Map<string, number>();
    for (const eventId of eventIds) {
      const position = this.#positions.get(eventId);
      if (position !== undefined) positions.set(eventId, position);
    }
    return Promise.resolve(positions);
  }

  tile(place: TilePlace): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#tiles.get(nameOf(place))?.hashes);
  }

  tileRoots(level: number, start: number, end: number): Promise<ReadonlyMap<number, Uint8Array>> {
    const tiles = [...this.#tiles.values()].filter(
      (tile) => tile.level === level && tile.index >= start && tile.index < end,
    );
    return Promise.resolve(new Map(tiles.map(({ index, root }) => [index, root])));
  }

  tilesBeyond(extents: readonly number[]): Promise<readonly TilePlace[]> {
    const beyond = [...this.#tiles.values()].filter(({ level, index }) => index >= (extents[level] ?? 0));
    return Promise.resolve(beyond.map(({ level, index }) => ({ level, index })));
  }

  putTiles(tiles: readonly StoredTile[]): Promise<void> {
    for (const tile of tiles) if (!this.#tiles.has(nameOf(tile))) this.#tiles.set(nameOf(tile), tile);
    return Promise.resolve();
  }

  holds(eventId: string): boolean {
    return this.#positions.has(eventId);
  }
}
