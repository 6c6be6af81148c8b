import { proofDocumentOf, readProofDocument } from '../journal/proof-document.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { ProofRefused } from '../journal/stream-proof.ts';
import { verifyProof } from '../journal/verify-proof.ts';
import type { Proved } from './verdict.ts';

/** Throws MalformedProof, ProofRefused. */
export const verifyEvent = (value: unknown, verifier: NoteVerifier): Proved => {
  const sealed = readProofDocument(value);
  const verdict = verifyProof(sealed, verifier);
  if (!verdict.isValid) throw new ProofRefused(verdict.reason);
  const { event, position } = sealed;
  const { size } = verdict.checkpoint;
  return {
    kind: 'event',
    checkpoint: verdict.checkpoint,
    proved: [
      `${verifier.name} has sealed this event at position ${position}, and signed for its first ${size} events.`,
      event,
    ],
    notProved: ['what the account made of it: ask for a balance or a statement with proof=1'],
    facts: { position, event },
    document: proofDocumentOf(sealed),
  };
};
