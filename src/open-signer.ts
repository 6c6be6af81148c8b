import type { KeyObject } from 'node:crypto';
import type { SealedBy } from './compose.ts';
import { type Environment, signedCheckpointFileOf, signingKeyFileOf } from './config/environment.ts';
import { NOTHING_SEALED, signCheckpoint } from './journal/checkpoint.ts';
import { SignedCheckpoint } from './journal/signed-checkpoint.ts';
import { type NoteSigner, noteSigner } from './journal/signed-note.ts';
import { openSigningKey, readSigningKey } from './journal/signing-key.ts';
import type { OpenedStorage } from './open-storage.ts';

/** Who signs the journal here, where the key of the settings is there. Rejects with SigningKeyUnusable. */
export const readSigner = async (environment: Environment): Promise<NoteSigner> =>
  noteSigner(environment.DAYBOOK_JOURNAL_NAME, await readSigningKey(signingKeyFileOf(environment)));

/**
 * Who signs the journal, by the key of the settings, which is made where there is none, and what they signed last. Rejects with
 * SigningKeyUnusable, SignedCheckpointUnusable, each with a sentence for the user.
 */
export const openSigner = async (
  environment: Environment,
  { uri }: Pick<OpenedStorage, 'uri'>,
): Promise<Pick<SealedBy, 'signer' | 'signed'>> => {
  const { DAYBOOK_JOURNAL_NAME: name } = environment;
  const signed = new SignedCheckpoint(signedCheckpointFileOf(environment));
  const onNew = (key: KeyObject): Promise<void> => signed.begin(signCheckpoint(NOTHING_SEALED, noteSigner(name, key)));
  const signer = noteSigner(name, await openSigningKey(signingKeyFileOf(environment), onNew));
  // What is in memory begins anew with each process.
  if (uri === undefined) return { signer };
  await signed.check();
  return { signer, signed };
};
