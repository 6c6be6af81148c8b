import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { CommandRejected, LedgerError, type LedgerErrorCode } from '../application/commit/ledger-error.ts';
import { DomainError, type DomainErrorCode } from '../domain/domain-error.ts';

export type Request = { readonly id: number; readonly submission: Submission } | { readonly ping: number };

type Failure =
  | {
      readonly kind: 'rejected';
      readonly code: DomainErrorCode;
      readonly details: Readonly<Record<string, string>>;
      readonly index: number;
    }
  | { readonly kind: 'ledger'; readonly code: LedgerErrorCode }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string | undefined };

export type Reply =
  | { readonly pong: number }
  /** Nothing more is taken; what was taken is still answered. */
  | { readonly bye: true }
  | { readonly id: number; readonly outcomes: readonly Outcome[] }
  | { readonly id: number; readonly failure: Failure };

export const failureOf = (error: unknown): Failure => {
  if (error instanceof CommandRejected) {
    const { rejection, index } = error;
    return { kind: 'rejected', code: rejection.code, details: rejection.details, index };
  }
  if (error instanceof LedgerError) return { kind: 'ledger', code: error.code };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', message, stack };
};

/** A bug, as whoever logs it wants to see it: with the place where it happened. */
const bugOf = ({ message, stack }: Extract<Failure, { kind: 'bug' }>): Error =>
  Object.assign(new Error(message), stack !== undefined && { stack });

export const errorOf = (failure: Failure): Error => {
  switch (failure.kind) {
    case 'rejected':
      return new CommandRejected(new DomainError(failure.code, failure.details), failure.index);
    case 'ledger':
      return new LedgerError(failure.code);
    case 'bug':
      return bugOf(failure);
  }
};
