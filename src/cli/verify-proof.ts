import { readFile } from 'node:fs/promises';
import { MalformedProof, readProofDocument, type SealProof } from '../journal/proof-document.ts';
import { NoteRefused, type NoteVerifier, readVerifierKey } from '../journal/signed-note.ts';
import { type Verdict, verifyProof } from '../journal/verify-proof.ts';
import { UserError, wordsOf } from '../terminal.ts';

type Options = { readonly proof: string; readonly key: string; readonly json: boolean };

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`The proof cannot be read: ${wordsOf(error)}`);
  }
};

const proofIn = (text: string): SealProof => {
  try {
    return readProofDocument(JSON.parse(text));
  } catch (error) {
    if (error instanceof MalformedProof || error instanceof SyntaxError) {
      throw new UserError(`The file is no proof: ${error.message}.`);
    }
    throw error;
  }
};

/** Reads a verifier key. Throws UserError where it is none. */
export const keyIn = (text: string): NoteVerifier => {
  try {
    return readVerifierKey(text);
  } catch (error) {
    if (error instanceof NoteRefused) throw new UserError(`The key cannot be used: ${error.message}.`);
    throw error;
  }
};

const linesOf = ({ event, position }: SealProof, { name }: NoteVerifier, verdict: Verdict): string => {
  if (!verdict.isValid) return `NOT valid: ${verdict.reason}.`;
  const { size } = verdict.checkpoint;
  return `Valid: ${name} has sealed this event at position ${position}, and signed for its first ${size} events.\n${event}`;
};

const jsonOf = ({ event, position }: SealProof, { name }: NoteVerifier, verdict: Verdict): string => {
  if (!verdict.isValid) return JSON.stringify({ valid: false, reason: verdict.reason }, undefined, 2);
  const { size, root } = verdict.checkpoint;
  const checkpoint = { origin: name, size, root: root.toString('base64') };
  return JSON.stringify({ valid: true, position, event, checkpoint }, undefined, 2);
};

/** Says whether the proof in a file is valid, and gives the exit code. Rejects with UserError where nothing can be said. */
export const verifyProofFile = async (options: Options): Promise<number> => {
  const verifier = keyIn(options.key);
  const sealed = proofIn(await read(options.proof));
  const verdict = verifyProof(sealed, verifier);
  console.log((options.json ? jsonOf : linesOf)(sealed, verifier, verdict));
  return verdict.isValid ? 0 : 1;
};
