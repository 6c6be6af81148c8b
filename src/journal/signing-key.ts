import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isCode, SignedCheckpointUnusable } from './signed-checkpoint.ts';

/** The journal cannot be signed with what is in the file, or there is none and it cannot be made; the message says what to do. */
export class SigningKeyUnusable extends Error {
  override readonly name = 'SigningKeyUnusable';
}

/** Is told of a key that is new, before it can be used. */
type OnNewKey = (key: KeyObject) => Promise<void>;

/** Under another name first, so that nobody ever reads half a key, and of two processes that begin at once one makes it for both. */
const makeKey = async (path: string, onNew: OnNewKey): Promise<void> => {
  const draft = `${path}.${randomUUID()}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  await mkdir(dirname(path), { recursive: true });
  try {
    await onNew(privateKey);
    await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    await link(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
};

const readOrMake = async (path: string, onNew: OnNewKey): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    await makeKey(path, onNew);
    return readFile(path, 'utf8');
  }
};

const keyIn = (pem: string): KeyObject | undefined => {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
};

const keyOf = (pem: string, path: string): KeyObject => {
  const key = keyIn(pem);
  if (!key) {
    throw new SigningKeyUnusable(
      `${path} is no Ed25519 private key in PEM. Make one with: openssl genpkey -algorithm ed25519 -out ${path}`,
    );
  }
  return key;
};

/**
 * The private key in this file (PKCS #8 PEM, Ed25519). Where there is no such file, a new key is put there that only its owner can
 * read. Rejects with SigningKeyUnusable, and as `onNew` does with SignedCheckpointUnusable.
 */
export const openSigningKey = async (path: string, onNew: OnNewKey = () => Promise.resolve()): Promise<KeyObject> => {
  const pem = await readOrMake(path, onNew).catch((cause: unknown) => {
    if (cause instanceof SignedCheckpointUnusable) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SigningKeyUnusable(
      `There is no signing key at ${path}, and none can be read or made: ${why}. Set DAYBOOK_SIGNING_KEY_FILE.`,
      { cause },
    );
  });
  return keyOf(pem, path);
};

/** The private key in this file. Rejects with SigningKeyUnusable, also where there is no such file. */
export const readSigningKey = async (path: string): Promise<KeyObject> => {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SigningKeyUnusable(`There is no signing key at ${path}: ${why}. Set DAYBOOK_SIGNING_KEY_FILE.`, {
      cause,
    });
  });
  return keyOf(pem, path);
};
