import { type Checkpoint, openOwnCheckpoint } from './checkpoint.ts';
import { leafHash } from './merkle/hash.ts';
import { lengthOfInclusionProof, verifyInclusion } from './merkle/verify-proofs.ts';
import type { SealProof } from './proof-document.ts';
import { NoteRefused, type NoteVerifier } from './signed-note.ts';

/** Whether the ledger has sealed this event at this position, and where not, what does not fit. */
export type Verdict =
  { readonly isValid: true; readonly checkpoint: Checkpoint } | { readonly isValid: false; readonly reason: string };

const refused = (reason: string): Verdict => ({ isValid: false, reason });

const verdictOn = ({ event, position, proof }: SealProof, checkpoint: Checkpoint): Verdict => {
  const { size, root } = checkpoint;
  const place = { index: position - 1, size };
  if (position > size) return refused(`position ${position} lies behind the ${size} events of the checkpoint`);
  const due = lengthOfInclusionProof(place);
  if (proof.length !== due) {
    return refused(`position ${position} of ${size} takes a proof of ${due} hashes, and this one has ${proof.length}`);
  }
  if (!verifyInclusion(leafHash(Buffer.from(event)), place, proof, root)) {
    return refused(`event, position and proof do not lead to the root of the checkpoint: one of them was changed`);
  }
  return { isValid: true, checkpoint };
};

/**
 * Checks a proof against the verifier key of a ledger, offline: the signature of the checkpoint first, then the position, then the way
 * from the event to the root.
 */
export const verifyProof = (sealed: SealProof, verifier: NoteVerifier): Verdict => {
  try {
    return verdictOn(sealed, openOwnCheckpoint(sealed.checkpoint, verifier));
  } catch (error) {
    if (error instanceof NoteRefused) return refused(error.message);
    throw error;
  }
};
