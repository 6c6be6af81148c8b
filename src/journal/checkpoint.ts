import { fromBase64 } from './base64.ts';
import { EMPTY_ROOT, type Hash, HASH_BYTES, hashFrom } from './merkle/hash.ts';
import {
  NoteRefused,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signaturesOn,
  signNote,
  textOf,
} from './signed-note.ts';

/** What a ledger vouches for: its first `size` events have this root. */
export type Checkpoint = { readonly size: number; readonly root: Hash };

export const NOTHING_SEALED: Checkpoint = { size: 0, root: EMPTY_ROOT };

/**
 * C2SP tlog-checkpoint. Its first line, the origin, is the name of the key: a key vouches for one ledger, so that a checkpoint of one
 * can never be shown as that of another. Throws NoteRefused where the size
 * is no whole number from 0 to 2^53 − 1.
 */
export const signCheckpoint = (checkpoint: Checkpoint, signer: NoteSigner): string =>
  signUnder(signer.name, checkpoint, signer);

/** The same under another origin, so that nobody can show it as what the ledger vouches for. */
export const signUnder = (
  origin: string,
  { size, root }: Checkpoint,
  signer: NoteSigner,
  more: readonly string[] = [],
): string => {
  if (!Number.isSafeInteger(size) || size < 0) throw new NoteRefused(`no tree has ${size} leaves`);
  const lines = [origin, size, root.toString('base64'), ...more];
  return signNote(`${lines.join('\n')}\n`, signer);
};

const readSize = (line: string): number => {
  const size = /^(?:0|[1-9]\d*)$/.test(line) ? Number(line) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new NoteRefused('the second line of a checkpoint is the size of the tree');
  return size;
};

const readRoot = (line: string): Hash => {
  const bytes = fromBase64(line);
  if (bytes?.length !== HASH_BYTES) throw new NoteRefused('the third line of a checkpoint is the root in base64');
  return hashFrom(bytes);
};

/** Of `origin`; left out: of whatever ledger. */
const readText = (text: string, origin?: string): Checkpoint => {
  const lines = text.slice(0, -1).split('\n');
  const [from, size = '', root = ''] = lines;
  if (lines.includes('')) throw new NoteRefused('a checkpoint has no empty line');
  if (origin !== undefined && from !== origin) throw new NoteRefused(`the checkpoint is of ${from}, not of ${origin}`);
  const checkpoint = { size: readSize(size), root: readRoot(root) };
  if (checkpoint.size === 0 && !checkpoint.root.equals(EMPTY_ROOT))
    throw new NoteRefused('an empty tree has another root');
  return checkpoint;
};

/** The checkpoint in a note from where nobody else can write: whose signature it has is not looked at. Throws NoteRefused where it is none. */
export const readCheckpoint = (note: string): Checkpoint => readText(textOf(note));

/**
 * The checkpoint in a note that this key has signed. Lines behind the third are ignored, as the specification says. Throws NoteRefused
 * where the note is malformed or not signed by this key, then where its text is no checkpoint or one of another ledger.
 */
export const openCheckpoint = (note: string, verifier: NoteVerifier): Checkpoint =>
  openUnder(verifier.name, note, verifier).checkpoint;

/** As `openCheckpoint`, of what was signed under another origin; with the lines behind the third. */
export const openUnder = (
  origin: string,
  note: string,
  verifier: NoteVerifier,
): { readonly checkpoint: Checkpoint; readonly more: readonly string[] } => {
  const text = openNote(note, verifier);
  return { checkpoint: readText(text, origin), more: text.slice(0, -1).split('\n').slice(3) };
};

/**
 * The checkpoint in a note that this key alone has signed: of the signatures of others nothing is checked, and in a proof nothing may
 * be unchecked. Throws NoteRefused as `openCheckpoint` does, and where there are others.
 */
export const openOwnCheckpoint = (note: string, verifier: NoteVerifier): Checkpoint => {
  const checkpoint = openCheckpoint(note, verifier);
  if (signaturesOn(note) > 1)
    throw new NoteRefused('the checkpoint in a proof has the signature of the ledger and no other');
  return checkpoint;
};
