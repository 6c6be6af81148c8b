import { type Checkpoint, openCheckpoint, signCheckpoint } from '../journal/checkpoint.ts';
import { NoteRefused, type NoteSigner, type NoteVerifier, openNote } from '../journal/signed-note.ts';
import type { Chain } from './chained-line.ts';

const nameOf = (chain: Chain): string => `daybook-ledger-file sha256 ${chain.toString('base64')}`;

/**
 * A checkpoint of the ledger at its last exported event, with one line more: the chain over the whole file. So one signature vouches
 * for the events and for all that no tree has in it: keys, transaction ids, times of sealing.
 */
export const sealFile = (checkpoint: Checkpoint, chain: Chain, signer: NoteSigner): string =>
  signCheckpoint(checkpoint, signer, [nameOf(chain)]);

/** What was signed. Throws NoteRefused where this key has not signed it, or has signed another file. */
export const openSeal = (note: string, chain: Chain, verifier: NoteVerifier): Checkpoint => {
  const checkpoint = openCheckpoint(note, verifier);
  if (openNote(note, verifier).split('\n')[3] !== nameOf(chain))
    throw new NoteRefused('it was signed for another file');
  return checkpoint;
};
