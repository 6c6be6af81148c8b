import type { Block, BlockHead, JournalStore } from '../application/ports/journal-store.ts';
import type { Checkpoint } from './checkpoint.ts';
import { hashesFrom, journalTree } from './journal-tree.ts';
import { append, type CompactRange, emptyRange, rangeFromBytes, rootOf } from './merkle/compact-range.ts';
import { consistencyProof } from './merkle/proofs.ts';
import { nodesOf, type TiledTree } from './merkle/tiles.ts';
import { verifyConsistency } from './merkle/verify-proofs.ts';
import type { Signed, SignedCheckpoint } from './signed-checkpoint.ts';
import { VersionConflict } from '../application/ports/storage-errors.ts';

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

/** The journal's tree up to and including this block. Rejects with JournalWentBack where the block says one thing and has another. */
export const treeOf = (head: BlockHead | undefined): CompactRange => {
  if (!head) return emptyRange;
  const range = rangeFromBytes(head.range);
  if (range.size === head.treeSize && rootOf(range).equals(head.rootHash)) return range;
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

const beginningOf = ({ block }: Signed, head: BlockHead | undefined): Beginning =>
  block && block.number === head?.number && block.treeSize === head.treeSize
    ? { head: block, isKept: true }
    : { head, isKept: false };

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

/**
 * Nobody signs a block before it is in the file. So a journal that goes on behind what is there now has a block that nobody signed who shares this
 * file. What a new key begins with says nothing of what there was before.
 */
const mustBeOurs = async (now: Checkpoint, before: Checkpoint, signed: SignedCheckpoint): Promise<void> => {
  if (now.size <= before.size || before.size === 0) return;
  const { size } = (await signed.last()).checkpoint;
  if (now.size <= size) throw new VersionConflict('another process has signed meanwhile');
  throw new JournalWentBack(`The journal has ${now.size} events, and no more than ${size} were signed here.`);
};

/**
 * The last block to go on behind; one that is due is put into the journal first. Rejects with JournalWentBack, VersionConflict,
 * SignedCheckpointUnusable, StorageUnavailable.
 */
export const goOnFrom = async (signed: SignedCheckpoint, journal: JournalStore): Promise<Beginning> => {
  // What was signed is read first, so that a block that another process seals meanwhile is behind it.
  const last = await signed.last();
  const { head, now, due } = await standingOf(last, journal);
  await mustBeOurs(now, last.checkpoint, signed);
  if (!due) return beginningOf(last, head);
  await journal.insert(due);
  return { head: due, isKept: true };
};
