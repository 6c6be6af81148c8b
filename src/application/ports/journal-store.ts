import type { Instant } from '../../domain/time/instant.ts';

/** What a block says about the journal up to and including itself. */
export type BlockHead = {
  /** From 1, without gaps. */
  readonly number: number;
  /** Events in the journal, and so the position of its last one. */
  readonly treeSize: number;
  /** SHA-256, 32 bytes: the root of the tree over all leaf hashes so far. */
  readonly rootHash: Uint8Array;
  /** That tree as a compact range, with which the next block goes on. */
  readonly range: Uint8Array;
  /** The feed's, behind the last event. A block of a recovery has none: events from before it may still be missing. */
  readonly resumeToken?: string;
  /** Never before that of the block before. */
  readonly sealedAt: Instant;
  /** A signed note about size and root. */
  readonly checkpoint: string;
  /** What the note can be checked with. */
  readonly verifierKey: string;
};

/** Events sealed together. */
export type Block = BlockHead & {
  /** Of its first event, from 1; the others follow without gaps. */
  readonly firstPosition: number;
  readonly eventIds: readonly string[];
  /** 32 bytes for each event. */
  readonly leafHashes: Uint8Array;
};

/** Which full tile of the journal's tree; one level of tiles is eight of the tree's, and both count from 0. */
export type TilePlace = { readonly level: number; readonly index: number };

/** 256 hashes side by side, and the root of the subtree over them. */
export type StoredTile = TilePlace & { readonly hashes: Uint8Array; readonly root: Uint8Array };

/** The journal as it is kept: only ever added to. All but `insert` and `putTiles` give what is durable, and nothing else. */
export interface JournalStore {
  /** Rejects with VersionConflict where its number or position is taken, or one of its events is sealed; with StorageUnavailable. */
  insert(block: Block): Promise<void>;
  /** The last block; undefined where nothing was sealed yet. */
  head(): Promise<BlockHead | undefined>;
  /**
   * The token with which the feed goes on behind the last block, this one: its own, unless it was sealed in another store, whose tokens
   * mean nothing here. Undefined where there is none.
   */
  tokenBehind(head: BlockHead): Promise<string | undefined>;
  /** Whether one of so many of the last blocks has no token: behind it some events may be told once more. */
  hasRecoveredWithin(blocks: number): Promise<boolean>;
  /** All blocks in order, from the one that holds this position. */
  from(position: number): AsyncIterable<Block>;
  /** How many blocks there are with this number or a lower one, and be it below 1. */
  countUpTo(number: number): Promise<number>;
  /** Where these events stand; those that are not sealed are left out. */
  positionsOf(eventIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The hashes of a tile, 32 bytes each. */
  tile(place: TilePlace): Promise<Uint8Array | undefined>;
  /** The roots of the tiles of one level from index `start` up to, not including, `end`, by index; those not stored are left out. */
  tileRoots(level: number, start: number, end: number): Promise<ReadonlyMap<number, Uint8Array>>;
  /** Of the tiles that are not among so many first ones of each level, from level 0 on, the first few; none of the other levels are. */
  tilesBeyond(extents: readonly number[]): Promise<readonly TilePlace[]>;
  /** Tiles follow from the blocks: one that is there is left as it is. */
  putTiles(tiles: readonly StoredTile[]): Promise<void>;
}
