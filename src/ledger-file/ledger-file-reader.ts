import type { IdempotencyKeyRow, TransactionIdRow } from '../application/commit/claims.ts';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Block } from '../application/ports/journal-store.ts';
import { instant } from '../domain/time/instant.ts';
import { openCheckpoint } from '../journal/checkpoint.ts';
import { hashesFrom } from '../journal/journal-tree.ts';
import { append, bytesOfRange, type CompactRange, emptyRange, rootOf } from '../journal/merkle/compact-range.ts';
import { type Hash, HASH_BYTES, leafHash } from '../journal/merkle/hash.ts';
import { NoteRefused } from '../journal/signed-note.ts';
import { type Chain, type Line, type LineKind, noChain, readChained } from './chained-line.ts';
import { type BlockContent, blockIn, endIn, type Header, headerIn, keyOf } from './contents.ts';
import { eventFrom } from './event-form.ts';
import { FileRefused } from './file-refused.ts';
import { openSeal } from './file-seal.ts';
import { linesIn } from './lines.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** A block of the file with all that belongs to it, in the shape in which it was recorded. */
export type FileBlock = {
  readonly block: Block;
  readonly events: readonly EventAsRecorded[];
  /** The line of its first event; the others follow. */
  readonly line: number;
  readonly keys: readonly IdempotencyKeyRow[];
  readonly transactionIds: readonly TransactionIdRow[];
};

type Signed = { readonly size: number; readonly root: Hash };

const mustFit = (isRight: boolean, line: number, what: string): void => {
  if (!isRight) throw new FileRefused(line, what);
};

/** Reads a ledger from its file, and gives nothing that was not checked: each line against those before it and the signatures. */
export class LedgerFileReader {
  #chain: Chain = noChain;
  #tree: CompactRange = emptyRange;
  #last = { number: 0, sealedAt: instant(0) };
  #line = 0;
  #header: Header | undefined;

  private constructor(
    private readonly lines: AsyncIterator<Line>,
    private readonly keys: TrustedKeys,
  ) {}

  /** Reads the first line. Rejects with FileRefused where it is not that of a ledger. */
  static async open(chunks: AsyncIterable<Buffer>, keys: TrustedKeys): Promise<LedgerFileReader> {
    const reader = new LedgerFileReader(linesIn(chunks), keys);
    const { content, line } = await reader.#read('ledger');
    reader.#header = headerIn(content, line);
    return reader;
  }

  get header(): Header {
    if (!this.#header) throw new Error('the first line was not read');
    return this.#header;
  }

  /** Block after block, and then the end, whose signature vouches for all of them. Rejects with FileRefused. */
  async *blocks(): AsyncGenerator<FileBlock> {
    const { blocks, events } = this.header;
    for (let number = 1; number <= blocks; number += 1) yield await this.#block();
    mustFit(
      this.#tree.size === events,
      this.#line,
      `ends with event ${this.#tree.size}, and the first line says ${events}`,
    );
    await this.#end();
  }

  async #next(): Promise<Line> {
    const next = await this.lines.next();
    if (next.done === true) throw new FileRefused(this.#line + 1, 'is not there: the file was cut');
    this.#line = next.value.number;
    return next.value;
  }

  async #read(kind: LineKind): Promise<{ readonly content: unknown; readonly line: Line }> {
    const line = await this.#next();
    const { content, chain } = readChained(this.#chain, line, kind);
    this.#chain = chain;
    return { content, line };
  }

  async #block(): Promise<FileBlock> {
    const { content, line } = await this.#read('block');
    const written = blockIn(content, line);
    mustFit(
      written.number === this.#last.number + 1,
      line.number,
      `is block ${written.number}: one is missing before it`,
    );
    const leafHashes = Buffer.from(written.leaves, 'base64');
    mustFit(leafHashes.length === written.formOf.length * HASH_BYTES, line.number, 'has not one leaf for each event');
    const before = this.#tree;
    const leaves = hashesFrom(leafHashes);
    this.#tree = leaves.reduce(append, before);
    this.#checkSignature(written, line);
    const events = await this.#events(written, leaves);
    const block = this.#asSealed(written, { firstPosition: before.size + 1, leafHashes, events });
    this.#last = block;
    const { transactionIds } = written;
    const inBlock = { block, events, line: line.number + 1, keys: written.keys.map(keyOf), transactionIds };
    checkClaims(inBlock);
    return inBlock;
  }

  #checkSignature({ checkpoint, verifierKey, sealedAt }: BlockContent, { number }: Line): void {
    const signed = this.#signed(number, () => openCheckpoint(checkpoint, this.keys.verifierOf(verifierKey)));
    const isRight = signed.size === this.#tree.size && signed.root.equals(rootOf(this.#tree));
    mustFit(isRight, number, 'what is signed is not the root over the leaves up to this block');
    mustFit(Date.parse(sealedAt) >= this.#last.sealedAt, number, 'was sealed before the block before it');
  }

  #signed(line: number, open: () => Signed): Signed {
    try {
      return open();
    } catch (error) {
      if (error instanceof NoteRefused) throw new FileRefused(line, `the signature does not count: ${error.message}`);
      throw error;
    }
  }

  async #events({ forms, formOf }: BlockContent, leaves: readonly Hash[]): Promise<readonly EventAsRecorded[]> {
    const events: EventAsRecorded[] = [];
    for (const [index, leaf] of leaves.entries()) {
      const { number, text } = await this.#next();
      const isLeaf = leafHash(Buffer.from(text)).equals(leaf);
      mustFit(isLeaf, number, 'is not the event that was sealed at this position: it was changed, or is not the next');
      const form = forms[formOf[index] ?? -1];
      const event = form && eventFrom(text, form);
      if (!event) throw new FileRefused(number, 'is no event of the form that its block names for it');
      events.push(event);
    }
    return events;
  }

  /** In the order in which whoever sealed it wrote its members: the store keeps that. */
  #asSealed(
    { number, resumeToken, sealedAt, checkpoint, verifierKey }: BlockContent,
    { events, ...leaves }: Pick<Block, 'firstPosition' | 'leafHashes'> & Pick<FileBlock, 'events'>,
  ): Block {
    return {
      number,
      firstPosition: leaves.firstPosition,
      eventIds: events.map(({ eventId }) => eventId),
      leafHashes: leaves.leafHashes,
      treeSize: this.#tree.size,
      rootHash: rootOf(this.#tree),
      range: bytesOfRange(this.#tree),
      ...(resumeToken !== undefined && { resumeToken }),
      sealedAt: instant(Date.parse(sealedAt)),
      checkpoint,
      verifierKey,
    };
  }

  async #end(): Promise<void> {
    const chain = this.#chain;
    const { content, line } = await this.#read('end');
    const { seal, verifierKey } = endIn(content, line);
    const signed = this.#signed(line.number, () => openSeal(seal, chain, this.keys.verifierOf(verifierKey)));
    const isRight = signed.size === this.#tree.size && signed.root.equals(rootOf(this.#tree));
    mustFit(isRight, line.number, 'what is signed is not the root over the events of the file');
    const { done } = await this.lines.next();
    mustFit(done === true, line.number + 1, 'stands behind the end of the ledger: it was added');
  }
}

/** A key or a transaction id stands in the block of the event that it names first. */
const checkClaims = ({ events, line, keys, transactionIds }: FileBlock): void => {
  const ids = new Set(events.map(({ eventId }) => eventId));
  const named = [...keys.map(({ eventIds }) => eventIds[0] ?? ''), ...transactionIds.map(({ eventId }) => eventId)];
  const strange = named.find((eventId) => !ids.has(eventId));
  mustFit(strange === undefined, line - 1, `names the event ${strange ?? ''}, which is not in this block`);
};
