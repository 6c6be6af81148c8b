import type { z } from 'zod';
import { presentGrowth } from '../http/presenters/journal.ts';
import type { growthView } from '../http/schemas/journal-views.ts';
import { type Checkpoint, openOwnCheckpoint } from '../journal/checkpoint.ts';
import { EMPTY_ROOT } from '../journal/merkle/hash.ts';
import { verifyConsistency } from '../journal/merkle/verify-proofs.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { ProofRefused } from '../journal/stream-proof.ts';
import { hashesIn } from './proven-account.ts';
import { CannotTell, type Proved } from './verdict.ts';

type Document = z.output<typeof growthView>;

/** A checkpoint of this size. Throws NoteRefused, ProofRefused. */
const checkpointOf = (note: string, size: number, verifier: NoteVerifier): Checkpoint => {
  const checkpoint = openOwnCheckpoint(note, verifier);
  if (checkpoint.size === size) return checkpoint;
  throw new ProofRefused(`a checkpoint of ${checkpoint.size} events stands where one of ${size} is due`);
};

/** Every note that stands for the beginning: the one in the document, and the one that was kept. */
const beginningOf = ({ from, earlier }: Document, kept: string | undefined, verifier: NoteVerifier): Checkpoint => {
  const notes = [earlier, kept].filter((note) => note !== undefined);
  const checkpoints = notes.map((note) => checkpointOf(note, from, verifier));
  const [first, second] = from === 0 ? [{ size: 0, root: EMPTY_ROOT }, ...checkpoints] : checkpoints;
  if (!first) {
    throw new CannotTell(
      `The proof has no checkpoint of ${from} events. Give the one that you have kept: --since FILE.`,
    );
  }
  if (second?.root.equals(first.root) === false) {
    throw new ProofRefused(
      `${verifier.name} has signed two histories of its first ${from} events: these are two ledgers`,
    );
  }
  return first;
};

/**
 * Checks that a journal only grew between two checkpoints. `kept` is the earlier one, where somebody has kept it. Throws NoteRefused,
 * ProofRefused, MalformedProof, CannotTell.
 */
export const verifyGrowth = (document: Document, verifier: NoteVerifier, kept: string | undefined): Proved => {
  const { from, to, proof, earlier, later } = document;
  if (later === undefined) {
    throw new CannotTell(
      `The proof has no checkpoint of ${to} events. Ask for it without \`to\`, or up to a checkpoint.`,
    );
  }
  const second = checkpointOf(later, to, verifier);
  const first = beginningOf(document, kept, verifier);
  const hashes = hashesIn(proof);
  const growth = { first: from, second: to };
  if (!verifyConsistency(growth, { first: first.root, second: second.root }, hashes)) {
    throw new ProofRefused('the proof does not lead from one checkpoint to the other: what was sealed has changed');
  }
  const whose = kept === undefined ? 'the earlier checkpoint in this file' : 'the checkpoint that was kept';
  return {
    kind: 'consistency',
    checkpoint: second,
    proved: [
      `The journal of ${verifier.name} with ${to} events begins with the very ${from} events of ${whose}: it only grew.`,
    ],
    notProved:
      kept === undefined
        ? ['that you were shown this earlier checkpoint at the time: keep one, and give it with --since']
        : [],
    facts: { from, to },
    document: presentGrowth({ ...growth, proof: hashes, earlier, later }),
  };
};
