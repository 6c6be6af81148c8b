import { type Connection, mongo } from 'mongoose';
import type { Block, BlockHead, JournalStore, StoredTile, TilePlace } from '../../application/ports/journal-store.ts';
import { VersionConflict } from '../../application/ports/storage-errors.ts';
import { instant } from '../../domain/time/instant.ts';
import { databaseOf } from './connection.ts';
import { reading, translate } from './mongo-errors.ts';
import { restorationIn } from './restoration.ts';

// Every count is a long: it must not change its type in the store when it grows.
type HeadDocument = Omit<BlockHead, 'number' | 'treeSize' | 'rootHash' | 'range' | 'sealedAt'> & {
  readonly _id: bigint;
  readonly treeSize: bigint;
  readonly rootHash: mongo.Binary;
  readonly range: mongo.Binary;
  readonly sealedAt: Date;
};

type BlockDocument = HeadDocument & {
  readonly firstPosition: bigint;
  readonly eventIds: readonly string[];
  readonly leafHashes: mongo.Binary;
};

// Members in this order: the index of `_id` compares them one after another.
type TileDocument = {
  readonly _id: { readonly level: number; readonly index: bigint };
  readonly hashes: mongo.Binary;
  readonly root: mongo.Binary;
};

const idOf = ({ level, index }: TilePlace): TileDocument['_id'] => ({ level, index: BigInt(index) });

const bytesOf = (binary: mongo.Binary): Uint8Array => binary.value();

const documentOf = ({ number, firstPosition, treeSize, rootHash, range, leafHashes, ...block }: Block) => ({
  ...block,
  _id: BigInt(number),
  firstPosition: BigInt(firstPosition),
  treeSize: BigInt(treeSize),
  rootHash: new mongo.Binary(rootHash),
  range: new mongo.Binary(range),
  leafHashes: new mongo.Binary(leafHashes),
  sealedAt: new Date(block.sealedAt),
});

const headFrom = ({ _id, treeSize, rootHash, range, sealedAt, ...document }: HeadDocument): BlockHead => ({
  ...document,
  number: Number(_id),
  treeSize: Number(treeSize),
  rootHash: bytesOf(rootHash),
  range: bytesOf(range),
  sealedAt: instant(sealedAt.getTime()),
});

const blockFrom = ({ firstPosition, eventIds, leafHashes, ...head }: BlockDocument): Block => ({
  ...headFrom(head),
  firstPosition: Number(firstPosition),
  eventIds,
  leafHashes: bytesOf(leafHashes),
});

/** What is not among so many first tiles of each level, as ranges of the index of `_id`. */
const rangesBeyond = (extents: readonly number[]): readonly object[] => {
  const gaps = extents.map((end, level) => ({
    $gte: idOf({ level, index: end }),
    $lt: idOf({ level: level + 1, index: 0 }),
  }));
  const before = { $lt: idOf({ level: 0, index: 0 }) };
  const behind = { $gte: idOf({ level: extents.length, index: 0 }) };
  return [before, ...gaps, behind].map((_id) => ({ _id }));
};

const MOST_BEYOND = 10;

// A block is up to 80 kB.
const BLOCKS_AT_ONCE = 20;

const FIRST_BLOCK = 1n;

/** The journal in the collections `journal` and `journal_tiles`: inserted, read, never changed. */
export class MongoJournalStore implements JournalStore {
  readonly #blocks: mongo.Collection<BlockDocument>;
  readonly #tiles: mongo.Collection<TileDocument>;

  constructor(private readonly connection: Connection) {
    this.#blocks = databaseOf(connection).collection<BlockDocument>('journal');
    // What a tile holds follows from blocks that are durable, so the tile itself need not be.
    const ofTiles = { readConcern: { level: 'local' }, writeConcern: { w: 1, j: false } } as const;
    this.#tiles = databaseOf(connection).collection<TileDocument>('journal_tiles', ofTiles);
  }

  async insert(block: Block): Promise<void> {
    await reading(() => this.#blocks.insertOne(documentOf(block)));
  }

  async head(): Promise<BlockHead | undefined> {
    const projection = { firstPosition: 0, eventIds: 0, leafHashes: 0 };
    const document = await reading(() => this.#blocks.findOne<HeadDocument>({}, { sort: { _id: -1 }, projection }));
    return document ? headFrom(document) : undefined;
  }

  async tokenBehind({ number, resumeToken }: BlockHead): Promise<string | undefined> {
    const restoration = await reading(() => restorationIn(databaseOf(this.connection)));
    return restoration?.lastBlock === BigInt(number) ? restoration.resumeToken : resumeToken;
  }

  async hasRecoveredWithin(blocks: number): Promise<boolean> {
    const last = BigInt((await this.head())?.number ?? 0);
    const filter = { _id: { $gt: last - BigInt(blocks) }, resumeToken: { $exists: false } };
    return (await reading(() => this.#blocks.findOne(filter, { projection: { _id: 1 } }))) !== null;
  }

  async *from(position: number): AsyncIterable<Block> {
    const holder = await reading(() =>
      this.#blocks.findOne(
        { firstPosition: { $lte: BigInt(position) } },
        { sort: { firstPosition: -1 }, projection: { _id: 1 } },
      ),
    );
    const filter = { _id: { $gte: holder?._id ?? FIRST_BLOCK }, treeSize: { $gte: BigInt(position) } };
    try {
      for await (const document of this.#blocks.find(filter).sort({ _id: 1 }).batchSize(BLOCKS_AT_ONCE)) {
        yield blockFrom(document);
      }
    } catch (error) {
      throw translate(error);
    }
  }

  countUpTo(number: number): Promise<number> {
    return reading(() => this.#blocks.countDocuments({ _id: { $lte: BigInt(number) } }));
  }

  async positionsOf(eventIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(eventIds);
    const find = this.#blocks
      .find({ eventIds: { $in: [...eventIds] } })
      .project<Pick<BlockDocument, '_id' | 'firstPosition' | 'eventIds'>>({ firstPosition: 1, eventIds: 1 });
    const positions = new Map<string, number>();
    for (const block of await reading(() => find.toArray())) {
      // Whoever wrote it there, it was not a sealer: nobody walks through such a block, and nobody holds its events against anything.
      if (block._id < FIRST_BLOCK) continue;
      block.eventIds.forEach((eventId, index) => {
        if (wanted.has(eventId)) positions.set(eventId, Number(block.firstPosition) + index);
      });
    }
    return positions;
  }

  async tile(place: TilePlace): Promise<Uint8Array | undefined> {
    const document = await reading(() => this.#tiles.findOne({ _id: idOf(place) }, { projection: { hashes: 1 } }));
    return document ? bytesOf(document.hashes) : undefined;
  }

  async tileRoots(level: number, start: number, end: number): Promise<ReadonlyMap<number, Uint8Array>> {
    const find = this.#tiles
      .find({ _id: { $gte: idOf({ level, index: start }), $lt: idOf({ level, index: end }) } })
      .project<Pick<TileDocument, '_id' | 'root'>>({ root: 1 });
    const documents = await reading(() => find.toArray());
    return new Map(documents.map(({ _id, root }) => [Number(_id.index), bytesOf(root)]));
  }

  async tilesBeyond(extents: readonly number[]): Promise<readonly TilePlace[]> {
    const find = this.#tiles.find({ $or: rangesBeyond(extents) } as mongo.Filter<TileDocument>);
    const paged = find.sort({ _id: 1 }).limit(MOST_BEYOND).project<Pick<TileDocument, '_id'>>({ _id: 1 });
    const documents = await reading(() => paged.toArray());
    return documents.map(({ _id: { level, index } }) => ({ level, index: Number(index) }));
  }

  async putTiles(tiles: readonly StoredTile[]): Promise<void> {
    if (tiles.length === 0) return;
    const documents = tiles.map(({ hashes, root, ...place }) => ({
      _id: idOf(place),
      hashes: new mongo.Binary(hashes),
      root: new mongo.Binary(root),
    }));
    try {
      await this.#tiles.insertMany(documents, { ordered: false });
    } catch (error) {
      const meaning = translate(error);
      // One that is there already is the same.
      if (!(meaning instanceof VersionConflict)) throw meaning;
    }
  }
}
