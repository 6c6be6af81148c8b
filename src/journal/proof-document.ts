import { fromBase64 } from './base64.ts';
import { type Hash, HASH_BYTES, hashFrom } from './merkle/hash.ts';

/** That an event is sealed in a journal, as JSON: all that anybody needs who knows the ledger's verifier key, and Daybook is not asked. */
export type ProofDocument = {
  /** The canonical text that was sealed, byte for byte. */
  readonly event: string;
  /** Its place in the journal; the first is 1. */
  readonly position: number;
  /** Hashes in base64, the lowest first (RFC 9162 §2.1.3). */
  readonly proof: readonly string[];
  /** The checkpoint that the proof leads to, as a signed note. */
  readonly checkpoint: string;
};

/** A proof document that was read: it has the right shape, and nothing of it is proved. */
export type SealProof = Omit<ProofDocument, 'proof'> & { readonly proof: readonly Hash[] };

/** It is no proof document; the message says what is wrong with it. */
export class MalformedProof extends Error {
  override readonly name = 'MalformedProof';
}

export const proofDocumentOf = ({ proof, ...sealed }: SealProof): ProofDocument => ({
  ...sealed,
  proof: proof.map((hash) => hash.toString('base64')),
});

const readText = (value: unknown, member: string): string => {
  if (typeof value !== 'string') throw new MalformedProof(`${member} is not a text`);
  // Half a surrogate pair would be hashed as another character, so that two texts could be shown for one leaf.
  if (!value.isWellFormed()) throw new MalformedProof(`${member} is not well-formed Unicode`);
  return value;
};

const readPosition = (value: unknown): number => {
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw new MalformedProof('position is not a whole number from 1');
  return Number(value);
};

const readHash = (value: unknown, place: number): Hash => {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes?.length !== HASH_BYTES) throw new MalformedProof(`proof/${place} is not ${HASH_BYTES} bytes in base64`);
  return hashFrom(bytes);
};

/** Reads what `JSON.parse` gave of a proof document. Throws MalformedProof at the first member that is wrong, or not known: nothing would be checked of it. */
export const readProofDocument = (value: unknown): SealProof => {
  if (typeof value !== 'object' || value === null) throw new MalformedProof('a proof document is a JSON object');
  const { event, position, proof, checkpoint, ...others } = value as Readonly<Record<string, unknown>>;
  const read = { event: readText(event, 'event'), position: readPosition(position) };
  if (!Array.isArray(proof)) throw new MalformedProof('proof is not a list of hashes');
  const sealed = { ...read, proof: proof.map(readHash), checkpoint: readText(checkpoint, 'checkpoint') };
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw new MalformedProof(`${stranger} is not known, and nothing would be checked of it`);
  return sealed;
};
