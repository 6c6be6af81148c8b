import { type Checkpoint, openUnder, signUnder } from '../journal/checkpoint.ts';
import { NoteRefused, type NoteSigner, type NoteVerifier } from '../journal/signed-note.ts';
import type { Chain } from './chained-line.ts';

const nameOf = (chain: Chain): string => `sha256 ${chain.toString('base64')}`;

// Not the origin of the ledger's checkpoints: what somebody has exported is no statement of the sealer's.
const originOf = ({ name }: NoteVerifier): string => `daybook-ledger-file ${name}`;

/**
 * Size and root of the ledger at its last exported event, with one line more: the chain over the whole file. So one signature vouches
 * for the events and for all that no tree has in it: keys, transaction ids, times of sealing.
 */
export const sealFile = (checkpoint: Checkpoint, chain: Chain, signer: NoteSigner): string =>
  signUnder(originOf(signer), checkpoint, signer, [nameOf(chain)]);

/** What was signed. Throws NoteRefused where this key has not signed it, or has signed another file. */
export const openSeal = (note: string, chain: Chain, verifier: NoteVerifier): Checkpoint => {
  const { checkpoint, more } = openUnder(originOf(verifier), note, verifier);
  if (more[0] !== nameOf(chain)) throw new NoteRefused('it was signed for another file');
  return checkpoint;
};
