import type { z } from 'zod';
import { growthView } from '../http/schemas/journal-views.ts';
import { balanceProofView, statementProofView } from '../http/schemas/proof-views.ts';
import { MalformedProof } from '../journal/proof-document.ts';
import { NoEvent } from '../journal/read-event.ts';
import { NoteRefused, type NoteVerifier } from '../journal/signed-note.ts';
import { ProofRefused } from '../journal/stream-proof.ts';
import type { Proved, Verdict } from './verdict.ts';
import { verifyBalance } from './verify-balance.ts';
import { verifyEvent } from './verify-event.ts';
import { verifyGrowth } from './verify-growth.ts';
import { verifyStatement } from './verify-statement.ts';

/** The document, as far as it has the shape of its kind. Throws MalformedProof. */
const shaped = <T>(view: z.ZodType<T>, value: unknown): T => {
  const { success, data, error } = view.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new MalformedProof(`${issue?.path.join('/') ?? ''} ${issue?.message ?? ''}`.trim());
};

const read = (bytes: Uint8Array): { readonly text: string; readonly value: unknown } => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new MalformedProof(error instanceof SyntaxError ? error.message : 'it is not UTF-8');
  }
};

const verify = async (value: unknown, verifier: NoteVerifier, kept: string | undefined): Promise<Proved> => {
  const has = (member: string): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, member);
  if (has('balance')) return verifyBalance(shaped(balanceProofView, value), verifier);
  if (has('statement')) return verifyStatement(shaped(statementProofView, value), verifier);
  if (has('from')) return verifyGrowth(shaped(growthView, value), verifier, kept);
  return verifyEvent(value, verifier);
};

const isRefusal = (error: unknown): error is Error =>
  error instanceof ProofRefused || error instanceof NoteRefused || error instanceof NoEvent;

/**
 * Checks a document of whatever kind against the verifier key of a ledger, offline. Every byte counts: a document in which anything is
 * written otherwise than the ledger writes it is refused. Rejects with MalformedProof where it is none, with CannotTell.
 */
export const verifyDocument = async (bytes: Uint8Array, verifier: NoteVerifier, kept?: string): Promise<Verdict> => {
  const { text, value } = read(bytes);
  try {
    const proved = await verify(value, verifier, kept);
    if (JSON.stringify(proved.document) === text) return { isValid: true, ...proved };
    throw new ProofRefused(
      'the file is not as the ledger wrote it, to the byte: white space, spelling or order differ',
    );
  } catch (error) {
    if (isRefusal(error)) return { isValid: false, reason: error.message };
    throw error;
  }
};
