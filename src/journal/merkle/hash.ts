import { hash } from 'node:crypto';
import type { Branded } from '../../domain/branded.ts';

export const HASH_BYTES = 32;

/** SHA-256, 32 bytes: of a leaf, of a node, or of a whole tree, which is then its root. */
export type Hash = Branded<Buffer, 'Hash'>;

/** The hash that was stored or sent as these bytes. Throws where they are not 32. */
export const hashFrom = (bytes: Uint8Array): Hash => {
  if (bytes.length !== HASH_BYTES) throw new RangeError(`a hash has ${HASH_BYTES} bytes, not ${bytes.length}`);
  return Buffer.from(bytes) as Hash;
};

const sha256 = (bytes: Uint8Array): Hash => hash('sha256', bytes, 'buffer') as Hash;

// What is hashed as a leaf begins otherwise than what is hashed as a node, so that neither can be passed off as the other.
const LEAF = Buffer.of(0x00);
const NODE = Buffer.of(0x01);

/** RFC 9162 §2.1.1, as the two functions below. */
export const EMPTY_ROOT = sha256(Buffer.alloc(0));

export const leafHash = (bytes: Uint8Array): Hash => sha256(Buffer.concat([LEAF, bytes]));

export const nodeHash = (left: Hash, right: Hash): Hash => sha256(Buffer.concat([NODE, left, right]));
