import { readFile } from 'node:fs/promises';
import { MalformedProof } from '../journal/proof-document.ts';
import { NoteRefused, type NoteVerifier, readVerifierKey } from '../journal/signed-note.ts';
import { CannotTell, type Verdict } from '../proofs/verdict.ts';
import { verifyDocument } from '../proofs/verify-document.ts';
import { UserError, wordsOf } from '../terminal.ts';

type Options = { readonly proof: string; readonly key: string; readonly since?: string; readonly json: boolean };

const read = async (file: string, what: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserError(`The ${what} cannot be read: ${wordsOf(error)}`);
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

const verdictOn = async (bytes: Buffer, verifier: NoteVerifier, kept: string | undefined): Promise<Verdict> => {
  try {
    return await verifyDocument(bytes, verifier, kept);
  } catch (error) {
    if (error instanceof MalformedProof) throw new UserError(`The file is no proof: ${error.message}.`);
    if (error instanceof CannotTell) throw new UserError(error.message);
    throw error;
  }
};

const linesOf = (verdict: Verdict): string => {
  if (!verdict.isValid) return `NOT valid: ${verdict.reason}.`;
  const { proved, notProved } = verdict;
  return [`Valid: ${proved.join('\n')}`, ...notProved.map((limit) => `Not proved: ${limit}.`)].join('\n');
};

const jsonOf = (verdict: Verdict, { name }: NoteVerifier): string => {
  if (!verdict.isValid) return JSON.stringify({ valid: false, reason: verdict.reason }, undefined, 2);
  const { kind, facts, proved, notProved } = verdict;
  const { size, root } = verdict.checkpoint;
  const checkpoint = { origin: name, size, root: root.toString('base64') };
  return JSON.stringify({ valid: true, kind, ...facts, checkpoint, proved, notProved }, undefined, 2);
};

/** Says whether the proof in a file is valid, and gives the exit code. Rejects with UserError where nothing can be said. */
export const verifyProofFile = async ({ proof, key, since, json }: Options): Promise<number> => {
  const verifier = keyIn(key);
  const kept = since === undefined ? undefined : (await read(since, 'checkpoint')).toString();
  const verdict = await verdictOn(await read(proof, 'proof'), verifier, kept);
  if (kept !== undefined && verdict.isValid && verdict.kind !== 'consistency') {
    throw new UserError(
      `The proof is valid, and not one of growth: --since is not looked at for a proof of one ${verdict.kind}. Leave it out, or ask ` +
        'GET /v1/journal/consistency.',
    );
  }
  console.log(json ? jsonOf(verdict, verifier) : linesOf(verdict));
  return verdict.isValid ? 0 : 1;
};
