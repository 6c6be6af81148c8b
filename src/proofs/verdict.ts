import type { Checkpoint } from '../journal/checkpoint.ts';
import type { Json } from '../http/presenters/wire.ts';

/** What a document has shown. */
export type Proved = {
  readonly kind: 'event' | 'balance' | 'statement' | 'consistency';
  /** The checkpoint that it all rests on. */
  readonly checkpoint: Checkpoint;
  /** In sentences, the main one first. */
  readonly proved: readonly string[];
  /** What somebody could think that it shows as well, each as it stands behind "not proved:". */
  readonly notProved: readonly string[];
  /** For machines. */
  readonly facts: Json;
  /** The document as the ledger writes it. */
  readonly document: Json;
};

export type Verdict = ({ readonly isValid: true } & Proved) | { readonly isValid: false; readonly reason: string };

/** Nothing can be said about it; the message says why, and what to do. */
export class CannotTell extends Error {
  override readonly name = 'CannotTell';
}
