import { createPrivateKey } from 'node:crypto';
import { type NoteSigner, noteSigner } from '../../src/journal/signed-note.ts';

// An Ed25519 private key in PKCS #8 (RFC 8410 §7), up to its seed.
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signer with this seed of 32 bytes. */
export const signerFrom = (name: string, seed: Buffer): NoteSigner =>
  noteSigner(name, createPrivateKey({ key: Buffer.concat([HEAD, seed]), format: 'der', type: 'pkcs8' }));

/** The signer of the published test vector: golang.org/x/mod/sumdb/note. */
export const peter = signerFrom(
  'PeterNeumann',
  Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1),
);

export const ledger = signerFrom('ledger.example.com/main', Buffer.alloc(32, 1));

export const stranger = signerFrom('ledger.example.com/main', Buffer.alloc(32, 2));
