import {
  type IdempotencyKeyRow,
  idempotencyKeysTable,
  type TransactionIdRow,
  transactionIdsTable,
} from '../application/commit/claims.ts';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Finding } from '../application/ports/finding.ts';
import type { Block, BlockHead, JournalStore } from '../application/ports/journal-store.ts';
import type { Storage } from '../application/ports/storage.ts';
import type { Row, TableName } from '../application/ports/table.ts';
import { instant } from '../domain/time/instant.ts';
import { canonicalEvent } from '../journal/canonical-event.ts';
import { emptyRange, rootOf } from '../journal/merkle/compact-range.ts';
import { HASH_BYTES, hashFrom, leafHash } from '../journal/merkle/hash.ts';
import { type NoteSigner, readVerifierKey, verifierKeyOf } from '../journal/signed-note.ts';
import { type Chain as CheckedChain, checkBlock } from '../journal/verify/check-block.ts';
import { type Chain, chainedLine, type LineKind, noChain } from './chained-line.ts';
import { FORMAT, FORMAT_VERSION } from './contents.ts';
import { formOf } from './event-form.ts';
import { sealFile } from './file-seal.ts';

type Stores = Pick<Storage, 'feed' | 'journal' | 'table'>;

/** The ledger is not what was sealed, so that nobody could bring it back. */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
}

/** What was recorded together with events, by its id. */
type Claims = {
  readonly keys: ReadonlyMap<string, IdempotencyKeyRow>;
  readonly transactionIds: ReadonlyMap<string, TransactionIdRow>;
};

const EVENTS_AT_ONCE = 1_000;

/** The blocks up to the cut, in groups of about so many events, so that many small ones cost no more reads than few large ones. */
async function* groupsUpTo(journal: JournalStore, cut: BlockHead): AsyncGenerator<readonly Block[]> {
  let group: Block[] = [];
  let events = 0;
  for await (const block of journal.from(1)) {
    group.push(block);
    events += block.eventIds.length;
    const isLast = block.number >= cut.number;
    if (events < EVENTS_AT_ONCE && !isLast) continue;
    yield group;
    if (isLast) return;
    [group, events] = [[], 0];
  }
  throw new LedgerDamaged(`journal: there is no block ${cut.number} any more`);
}

const found = async <R extends Row>(
  storage: Stores,
  table: TableName<R>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, R>> => {
  const rows = ids.length === 0 ? [] : await storage.table(table).getMany([...new Set(ids)]);
  return new Map(rows.map((row) => [row._id, row]));
};

const textIn = (metadata: EventAsRecorded['metadata'], member: string): readonly string[] => {
  const value = metadata[member];
  return typeof value === 'string' ? [value] : [];
};

/** The key of the request that recorded an event: of whoever approved it, where somebody had to. */
const keyIdOf = ({ metadata }: EventAsRecorded): readonly string[] => {
  const [caller] = [...textIn(metadata, 'approvedBy'), ...textIn(metadata, 'actor')];
  return caller === undefined ? [] : textIn(metadata, 'idempotencyKey').map((key) => `${caller} ${key}`);
};

const claimsOf = async (storage: Stores, events: readonly EventAsRecorded[]): Promise<Claims> => {
  const [keys, transactionIds] = await Promise.all([
    found(storage, idempotencyKeysTable, events.flatMap(keyIdOf)),
    found(
      storage,
      transactionIdsTable,
      events.flatMap(({ metadata }) => textIn(metadata, 'transactionId')),
    ),
  ]);
  return { keys, transactionIds };
};

const damaged = ({ collection, at, problem }: Finding): never => {
  throw new LedgerDamaged(`${collection}, ${JSON.stringify(at)}: ${problem}`);
};

/** Each event with its canonical text, which must be what was sealed. */
const textsOf = (
  { eventIds, leafHashes, firstPosition }: Block,
  events: ReadonlyMap<string, EventAsRecorded>,
): readonly { readonly event: EventAsRecorded; readonly text: string }[] =>
  eventIds.map((eventId, index) => {
    const position = firstPosition + index;
    const event = events.get(eventId);
    if (!event) return damaged({ collection: 'events', at: { position, eventId }, problem: 'the event is not there' });
    const text = canonicalEvent(event);
    const leaf = hashFrom(leafHashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
    if (leafHash(Buffer.from(text)).equals(leaf)) return { event, text };
    return damaged({ collection: 'events', at: { position, eventId }, problem: 'is not the event that was sealed' });
  });

const inBlock = <R>(rows: readonly (R | undefined)[], isOfBlock: (row: R) => boolean): readonly R[] =>
  [...new Set(rows)].filter((row) => row !== undefined).filter(isOfBlock);

const contentOf = (block: Block, events: readonly EventAsRecorded[], { keys, transactionIds }: Claims): object => {
  const ids = new Set(block.eventIds);
  const forms = new Map<string, number>();
  const formOfEach = events.map((event) => {
    const form = formOf(event);
    const place = forms.get(form) ?? forms.size;
    forms.set(form, place);
    return place;
  });
  const keyRows = events.flatMap(keyIdOf).map((id) => keys.get(id));
  const idRows = events
    .flatMap(({ metadata }) => textIn(metadata, 'transactionId'))
    .map((id) => transactionIds.get(id));
  return {
    number: block.number,
    sealedAt: new Date(block.sealedAt).toISOString(),
    ...(block.resumeToken !== undefined && { resumeToken: block.resumeToken }),
    checkpoint: block.checkpoint,
    verifierKey: block.verifierKey,
    leaves: Buffer.from(block.leafHashes).toString('base64'),
    forms: [...forms.keys()].map((form) => JSON.parse(form) as unknown),
    formOf: formOfEach,
    // A key that expired may be used anew: then it belongs to the later events.
    keys: inBlock(keyRows, ({ eventIds }) => ids.has(eventIds[0] ?? '')),
    transactionIds: inBlock(idRows, ({ eventId }) => ids.has(eventId)),
  };
};

export type Exported = { readonly text: string; readonly events: number };

/** Writes a ledger as text. Whatever is in the file is checked as it is written. */
class LedgerFileWriter {
  #chain: Chain = noChain;
  #checked: CheckedChain = { number: 0, size: 0, tree: emptyRange, sealedAt: instant(0) };

  constructor(private readonly storage: Stores) {}

  line(kind: LineKind, content: object): string {
    const { text, chain } = chainedLine(this.#chain, kind, content);
    this.#chain = chain;
    return text;
  }

  async blocks(group: readonly Block[]): Promise<string> {
    const events = await this.storage.feed.asRecorded(group.flatMap(({ eventIds }) => eventIds));
    const claims = await claimsOf(this.storage, events);
    const byId = new Map(events.map((event) => [event.eventId, event]));
    return group.map((block) => this.#block(block, byId, claims)).join('');
  }

  /** Only what was asked for is signed: blocks may have been changed while they were read. */
  end(cut: BlockHead, signer: NoteSigner): string {
    const { tree, size } = this.#checked;
    const root = tree && rootOf(tree);
    if (size !== cut.treeSize || !root?.equals(cut.rootHash))
      throw new LedgerDamaged('journal: its blocks give another tree');
    const seal = sealFile({ size, root }, this.#chain, signer);
    return this.line('end', { seal, verifierKey: verifierKeyOf(signer) });
  }

  #block(block: Block, byId: ReadonlyMap<string, EventAsRecorded>, claims: Claims): string {
    this.#checked = checkBlock(this.#checked, block, { verifier: readVerifierKey(block.verifierKey) }, damaged);
    const texts = textsOf(block, byId);
    const events = texts.map(({ event }) => event);
    return this.line('block', contentOf(block, events, claims)) + texts.map(({ text }) => `${text}\n`).join('');
  }
}

/**
 * The ledger up to a block as the text of a file (ADR 0018), in parts of about a thousand events. Rejects with LedgerDamaged where it
 * could not be brought back from what is stored.
 */
export async function* exportLedger(storage: Stores, cut: BlockHead, signer: NoteSigner): AsyncGenerator<Exported> {
  const writer = new LedgerFileWriter(storage);
  const header = {
    format: FORMAT,
    version: FORMAT_VERSION,
    journal: signer.name,
    exportedAt: new Date().toISOString(),
    blocks: cut.number,
    events: cut.treeSize,
  };
  yield { text: writer.line('ledger', header), events: 0 };
  for await (const group of groupsUpTo(storage.journal, cut)) {
    yield { text: await writer.blocks(group), events: group.reduce((sum, { eventIds }) => sum + eventIds.length, 0) };
  }
  yield { text: writer.end(cut, signer), events: 0 };
}
