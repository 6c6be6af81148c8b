import type { Finding, Tell } from '../../application/ports/finding.ts';
import type { Block } from '../../application/ports/journal-store.ts';
import type { Instant } from '../../domain/time/instant.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint.ts';
import { hashesFrom } from '../journal-tree.ts';
import { append, bytesOfRange, type CompactRange, rangeFromBytes, rootOf } from '../merkle/compact-range.ts';
import { HASH_BYTES } from '../merkle/hash.ts';
import { NoteRefused, type NoteVerifier, verifierKeyOf } from '../signed-note.ts';

/** What the blocks so far come to. Without a tree where a block is missing, or has other leaves than events. */
export type Chain = {
  readonly number: number;
  readonly size: number;
  readonly tree: CompactRange | undefined;
  readonly sealedAt: Instant;
};

/**
 * What a journal is held against: who signs, who else has signed it in its time, a checkpoint of it that was kept from earlier, and the
 * block that was signed and has not come into it yet.
 */
export type Witness = {
  readonly verifier: NoteVerifier;
  readonly others?: readonly NoteVerifier[];
  readonly since?: Checkpoint;
  readonly due?: Block;
};

type Words = Pick<Finding, 'problem'> & { readonly expected: string | number; readonly found: string | number };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Tells of each pair that is not the same, and gives whether all are. */
const tellOfDifferences = (block: Block, tell: Tell, pairs: readonly Words[]): boolean => {
  const different = pairs.filter(({ expected, found }) => expected !== found);
  for (const { problem, expected, found } of different) {
    const at = { block: block.number, position: block.firstPosition };
    tell({ collection: 'journal', at, problem, expected: String(expected), found: String(found) });
  }
  return different.length === 0;
};

/** Whether the block begins where the one before ends, with as many leaves as it has events. */
const isNext = (before: Chain, block: Block, tell: Tell): boolean => {
  const { number, firstPosition, treeSize, eventIds, leafHashes } = block;
  return tellOfDifferences(block, tell, [
    { problem: 'the block before it is missing', expected: before.number + 1, found: number },
    { problem: 'does not begin behind the block before', expected: before.size + 1, found: firstPosition },
    { problem: 'its events do not add up to its size', expected: before.size + eventIds.length, found: treeSize },
    { problem: 'has not one leaf for each event', expected: eventIds.length * HASH_BYTES, found: leafHashes.length },
  ]);
};

const signedIn = (note: string, verifier: NoteVerifier): string => {
  try {
    const { size, root } = openCheckpoint(note, verifier);
    return `${size} events with the root ${hex(root)}`;
  } catch (error) {
    if (error instanceof NoteRefused) return error.message;
    throw error;
  }
};

const checkHead = (before: Chain, block: Block, verifier: NoteVerifier, tell: Tell): void => {
  const { treeSize, rootHash, sealedAt, checkpoint, verifierKey } = block;
  const problem = 'the checkpoint is not signed by the key for this size and root';
  const signed = { problem, expected: `${treeSize} events with the root ${hex(rootHash)}` };
  tellOfDifferences(block, tell, [
    { ...signed, found: signedIn(checkpoint, verifier) },
    { problem: 'names another verifier key', expected: verifierKeyOf(verifier), found: verifierKey },
  ]);
  if (sealedAt < before.sealedAt) {
    const times = [before.sealedAt, sealedAt].map((time) => new Date(time).toISOString());
    const [expected = '', found = ''] = times;
    tellOfDifferences(block, tell, [{ problem: 'was sealed before the block before it', expected, found }]);
  }
};

/** What the block itself says that the tree is: with it the blocks behind a bad one can be judged for themselves. */
const treeAsStored = ({ range, treeSize }: Block): CompactRange | undefined => {
  try {
    const tree = rangeFromBytes(range);
    return tree.size === treeSize ? tree : undefined;
  } catch {
    return undefined;
  }
};

const checkKept = ({ size, root }: Checkpoint, tree: CompactRange, block: Block, tell: Tell): void => {
  const problem = `is not what was signed for the first ${size} events: what had been sealed was rewritten`;
  tellOfDifferences(block, tell, [{ problem, expected: hex(root), found: hex(rootOf(tree)) }]);
};

const treeBehind = (tree: CompactRange, block: Block, since: Checkpoint | undefined, tell: Tell): CompactRange => {
  const leaves = hashesFrom(block.leafHashes);
  if (since && since.size > tree.size && since.size <= block.treeSize) {
    checkKept(since, leaves.slice(0, since.size - tree.size).reduce(append, tree), block, tell);
  }
  return leaves.reduce(append, tree);
};

/** Checks a block on top of those before it, and gives what they come to with it. */
export const checkBlock = (before: Chain, block: Block, witness: Witness, tell: Tell): Chain => {
  const { number, treeSize: size, sealedAt, rootHash, range } = block;
  const { verifier, others = [], since } = witness;
  const follows = isNext(before, block, tell);
  checkHead(before, block, others.find((other) => verifierKeyOf(other) === block.verifierKey) ?? verifier, tell);
  const stored = treeAsStored(block);
  if (!follows || !before.tree) return { number, size, sealedAt, tree: stored };
  const tree = treeBehind(before.tree, block, since, tell);
  const isRight = tellOfDifferences(block, tell, [
    { problem: 'the root is not what its leaf hashes give', expected: hex(rootOf(tree)), found: hex(rootHash) },
    { problem: 'the tree is not what its leaf hashes give', expected: hex(bytesOfRange(tree)), found: hex(range) },
  ]);
  return { number, size, sealedAt, tree: isRight || rootOf(tree).equals(rootHash) ? tree : stored };
};
