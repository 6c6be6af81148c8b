import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { fromBase64 } from './base64.ts';

/** C2SP signed-note, with Ed25519 (RFC 8032) for the only kind of signature. */
const ED25519 = 0x01;
const PUBLIC_KEY_BYTES = 32;
const KEY_HASH_BYTES = 4;

// As many as other implementations take; 16 is the least that the specification allows.
const MOST_SIGNATURES = 100;

/** A note, or a key for notes, that cannot be trusted or read; the message says why. */
export class NoteRefused extends Error {
  override readonly name = 'NoteRefused';
}

/** Who signs, as those who check know it. The hash tells keys of one name apart; it is too short to stand for the key. */
export type NoteVerifier = { readonly name: string; readonly keyHash: Buffer; readonly publicKey: KeyObject };

export type NoteSigner = NoteVerifier & { readonly privateKey: KeyObject };

const isName = (name: string): boolean => /^[^\p{White_Space}\u0000-\u001f+]+$/u.test(name) && name.isWellFormed();

const rawKey = (publicKey: KeyObject): Buffer => Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

const keyHashOf = (name: string, key: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), key]);
  return hash('sha256', named, 'buffer').subarray(0, KEY_HASH_BYTES);
};

const verifierOf = (name: string, publicKey: KeyObject): NoteVerifier => {
  if (!isName(name)) throw new NoteRefused('the name of a key is a word, without white space or a plus sign');
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new NoteRefused('notes are signed with Ed25519 keys only');
  return { name, publicKey, keyHash: keyHashOf(name, rawKey(publicKey)) };
};

/** Whoever has this private key, under this name. Throws NoteRefused where the name cannot be one or the key is not Ed25519. */
export const noteSigner = (name: string, privateKey: KeyObject): NoteSigner => ({
  ...verifierOf(name, createPublicKey(privateKey)),
  privateKey,
});

/** The verifier key for others: name, key hash in hex, kind and public key in base64, with plus signs between them. */
export const verifierKeyOf = ({ name, keyHash, publicKey }: NoteVerifier): string =>
  `${name}+${keyHash.toString('hex')}+${Buffer.concat([Buffer.of(ED25519), rawKey(publicKey)]).toString('base64')}`;

const publicKeyOf = (kindAndKey: Buffer): KeyObject => {
  if (kindAndKey[0] !== ED25519 || kindAndKey.length !== 1 + PUBLIC_KEY_BYTES) {
    throw new NoteRefused('the verifier key is not of Ed25519');
  }
  const x = kindAndKey.subarray(1).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
};

/** Reads a verifier key. Throws NoteRefused where it is none, or not of Ed25519, or its hash belongs to another name or key. */
export const readVerifierKey = (text: string): NoteVerifier => {
  const [, name, encoded] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/s.exec(text) ?? [];
  const kindAndKey = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || !kindAndKey) {
    throw new NoteRefused('a verifier key is written <name>+<8 hex digits>+<base64>');
  }
  const verifier = verifierOf(name, publicKeyOf(kindAndKey));
  if (verifierKeyOf(verifier) !== text) {
    throw new NoteRefused('the hash in the verifier key is not that of its name and public key');
  }
  return verifier;
};

// Control characters other than the end of a line have no place in a note.
const isText = (text: string): boolean => text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);

/** The text, which ends with a newline, as a note with one signature. Throws NoteRefused where it cannot be the text of a note. */
export const signNote = (text: string, { name, keyHash, privateKey }: NoteSigner): string => {
  if (!text.endsWith('\n') || !isText(text))
    throw new NoteRefused('the text of a note ends with a newline and has no control characters');
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
};

type Signature = { readonly name: string; readonly keyHash: Buffer; readonly signature: Buffer };

const readSignature = (line: string): Signature => {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isName(name) || !bytes || bytes.length <= KEY_HASH_BYTES) {
    throw new NoteRefused('a line behind the text of the note is no signature');
  }
  return { name, keyHash: bytes.subarray(0, KEY_HASH_BYTES), signature: bytes.subarray(KEY_HASH_BYTES) };
};

/** Text and signatures of a note, which the last empty line separates. */
const parse = (note: string): { readonly text: string; readonly signatures: readonly Signature[] } => {
  if (!isText(note)) throw new NoteRefused('the note has control characters or is not UTF-8');
  const end = note.lastIndexOf('\n\n');
  const behind = note.slice(end + 2);
  if (end < 0 || !behind.endsWith('\n')) {
    throw new NoteRefused('a note is a text, an empty line, and signatures, each line ended by a newline');
  }
  const lines = behind.slice(0, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new NoteRefused(`the note has more than ${MOST_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(readSignature) };
};

/** The text of a note, whoever has signed it. Throws NoteRefused where it is no note. */
export const textOf = (note: string): string => parse(note).text;

/** How many have signed this note, or say so. Throws NoteRefused where it is no note. */
export const signaturesOn = (note: string): number => parse(note).signatures.length;

/**
 * The text of a note that this key has signed. Signatures of others are ignored, also where their name or their key hash is the same.
 * Throws NoteRefused where it is no note, where a signature of this key is wrong, or where there is none.
 */
export const openNote = (note: string, { name, keyHash, publicKey }: NoteVerifier): string => {
  const { text, signatures } = parse(note);
  const own = signatures.filter((signature) => signature.name === name && signature.keyHash.equals(keyHash));
  if (own.some(({ signature }) => !verify(null, Buffer.from(text), publicKey, signature))) {
    throw new NoteRefused(`the signature of ${name} does not fit the text of the note`);
  }
  if (own.length === 0) throw new NoteRefused(`the note is not signed by ${name}+${keyHash.toString('hex')}`);
  return text;
};
