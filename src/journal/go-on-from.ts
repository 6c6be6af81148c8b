import type { Block, BlockHead, JournalStore } from '../application/ports/journal-store.ts';
import { VersionConflict } from '../application/ports/storage-errors.ts';
import type { Storage } from '../application/ports/storage.ts';
import { leafOrError } from './canonical-event.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { hashesFrom, journalTree } from './journal-tree.ts';
import { append, type CompactRange, emptyRange, rangeFromBytes, rootOf } from './merkle/compact-range.ts';
import { consistencyProof } from './merkle/proofs.ts';
import { nodesOf, type TiledTree } from './merkle/tiles.ts';
import { verifyConsistency } from './merkle/verify-proofs.ts';
import type { Signed, SignedCheckpoint } from './signed-checkpoint.ts';
import { NoteRefused, type NoteVerifier } from './signed-note.ts';

/** The journal is not one that what was signed has grown into; the message says what to do. */
export class JournalWentBack extends Error {
  override readonly name = 'JournalWentBack';

  constructor(what: string) {
    super(
      `${what} Nothing more is signed. Find out with npm run verify what was changed. Where this ledger was brought back from an older ` +
        'backup, or is another one than the key was made for, and that is known: npm run verify -- --save, with the file that ' +
        'DAYBOOK_SIGNED_CHECKPOINT_FILE names. Whoever has kept a later checkpoint will see it.',
    );
  }
}

const rangeIn = ({ range }: BlockHead): CompactRange | undefined => {
  try {
    return rangeFromBytes(range);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** The journal's tree up to and including this block. Rejects with JournalWentBack where the block says one thing and has another. */
export const treeOf = (head: BlockHead | undefined): CompactRange => {
  if (!head) return emptyRange;
  const range = rangeIn(head);
  if (range?.size === head.treeSize && rootOf(range).equals(head.rootHash)) return range;
  throw new JournalWentBack(`The last block of the journal, ${head.number}, contradicts itself.`);
};

/**
 * Whether a journal has grown from an earlier checkpoint, whatever its blocks and tiles say of themselves: a proof of consistency (RFC
 * 9162 §2.1.4) holds only where it has.
 */
export const hasGrown = async (before: Checkpoint, now: Checkpoint, tree: TiledTree): Promise<boolean> => {
  if (now.size < before.size) return false;
  const growth = { first: before.size, second: now.size };
  const proof = await consistencyProof(growth, nodesOf(tree));
  return verifyConsistency(growth, { first: before.root, second: now.root }, proof);
};

const isNext = ({ number, firstPosition }: Block, head: BlockHead | undefined): boolean =>
  head ? number === head.number + 1 && firstPosition === head.treeSize + 1 : number === 1 && firstPosition === 1;

/** What was signed and never came into the journal, where it is what must come next. */
const blockDue = ({ block, checkpoint }: Signed, head: BlockHead | undefined): Signed['block'] => {
  if (!block || !isNext(block, head)) return undefined;
  const tree = hashesFrom(block.leafHashes).reduce(append, treeOf(head));
  return tree.size === checkpoint.size && rootOf(tree).equals(checkpoint.root) ? block : undefined;
};

/** The last block, and whether it is as it was kept beside the key: nobody signs the token with which the feed goes on. */
type Beginning = { readonly head: BlockHead | undefined; readonly isKept: boolean };

/**
 * Of a journal that has as many events as were signed. A block that adds none would have the same tree, and a token of whoever put it there.
 * Rejects with JournalWentBack where the last block has another number than the one that was signed.
 */
const beginningOf = ({ block }: Signed, head: BlockHead | undefined): Beginning => {
  if (!block || !head) return { head, isKept: false };
  if (block.number === head.number) return { head: block, isKept: true };
  throw new JournalWentBack(
    `The last block of the journal has the number ${head.number}, and ${block.number} was signed.`,
  );
};

/** Who signs, and what they have signed. */
type Signing = { readonly signed: SignedCheckpoint; readonly verifier: NoteVerifier };

type Standing = {
  readonly head: BlockHead | undefined;
  /** What the journal is up to its last block, and its tree. */
  readonly now: Checkpoint;
  readonly tree: TiledTree;
  /** A block that was signed, and whose process ended before it was in the journal: no other may stand in its place. */
  readonly due: Block | undefined;
};

/** The journal as it is, which has grown from what was signed, but for a block that is due. Rejects with JournalWentBack, StorageUnavailable. */
export const standingOf = async (signed: Signed, journal: JournalStore): Promise<Standing> => {
  const { checkpoint } = signed;
  const head = await journal.head();
  const range = treeOf(head);
  const now = { size: range.size, root: rootOf(range) };
  const tree = await journalTree(journal, range.size);
  if (checkpoint.size > now.size) {
    const due = blockDue(signed, head);
    if (due) return { head, now, tree, due };
    throw new JournalWentBack(`The journal has ${now.size} events, and ${checkpoint.size} were signed.`);
  }
  if (await hasGrown(checkpoint, now, tree)) return { head, now, tree, due: undefined };
  throw new JournalWentBack(`The first ${checkpoint.size} events of the journal are not those that were signed.`);
};

const isSignedBy = (verifier: NoteVerifier, head: BlockHead | undefined): boolean => {
  try {
    return head !== undefined && openCheckpoint(head.checkpoint, verifier).size === head.treeSize;
  } catch (error) {
    if (error instanceof NoteRefused) return false;
    throw error;
  }
};

/**
 * Nobody signs a block before it is in the file. So a journal that goes on behind what is there now has a block that nobody signed who shares this
 * file. What a new key begins with says nothing of what there was before; but a key is not new that has signed the last block.
 */
const mustBeOurs = async (
  { head, now }: Pick<Standing, 'head' | 'now'>,
  before: Checkpoint,
  { signed, verifier }: Signing,
): Promise<void> => {
  if (now.size <= before.size || (before.size === 0 && !isSignedBy(verifier, head))) return;
  const { size } = (await signed.last()).checkpoint;
  if (now.size <= size) throw new VersionConflict('another process has signed meanwhile');
  throw new JournalWentBack(`The journal has ${now.size} events, and no more than ${size} were signed here.`);
};

/**
 * Nobody signs a block before its events are there for good. Where they are not, the store went back, and what is recorded in their place
 * would be signed behind them as if both had happened.
 */
const mustHaveEvents = async (block: Block, { feed }: Pick<Storage, 'feed'>): Promise<void> => {
  const events = new Map((await feed.asRecorded(block.eventIds)).map((event) => [event.eventId, event]));
  const leaves = hashesFrom(block.leafHashes);
  const lost = block.eventIds.find((eventId, index) => {
    const event = events.get(eventId);
    const leaf = event && leafOrError(event);
    return !Buffer.isBuffer(leaf) || leaves[index]?.equals(leaf) !== true;
  });
  if (lost === undefined) return;
  throw new JournalWentBack(`The event ${lost} was signed in block ${block.number}, and is not there as it was.`);
};

/** Nobody else signs what would come in its place: so either somebody has put this very block there, or the store is not as it was. */
const putInto = async (journal: JournalStore, due: Block): Promise<void> => {
  try {
    await journal.insert(due);
  } catch (error) {
    const head = error instanceof VersionConflict ? await journal.head() : undefined;
    if (!(error instanceof VersionConflict) || (head && head.number >= due.number)) throw error;
    throw new JournalWentBack(
      `Block ${due.number} was signed, and the journal does not take it: another block has its position or one of its events.`,
    );
  }
};

/**
 * The last block to go on behind; one that is due is put into the journal first. Rejects with JournalWentBack, VersionConflict,
 * SignedCheckpointUnusable, StorageUnavailable.
 */
export const goOnFrom = async (signing: Signing, storage: Pick<Storage, 'feed' | 'journal'>): Promise<Beginning> => {
  // What was signed is read first, so that a block that another process seals meanwhile is behind it.
  const last = await signing.signed.last();
  const standing = await standingOf(last, storage.journal);
  await mustBeOurs(standing, last.checkpoint, signing);
  const { head, due } = standing;
  const beginning = due ? { head: due, isKept: true } : beginningOf(last, head);
  if (last.block) await mustHaveEvents(last.block, storage);
  if (due) await putInto(storage.journal, due);
  return beginning;
};
