import type { DomainError } from '../../domain/domain-error.ts';

export type LedgerErrorCode = 'OVERLOADED' | 'OUTCOME_UNKNOWN' | 'UNAVAILABLE' | 'CONCURRENCY_CONFLICT';

/**
 * The ledger could not take a command now. OUTCOME_UNKNOWN: it may or may not have happened, and the same key gives the truth
 * later. All others: nothing happened, and the same request may be sent again.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    readonly code: LedgerErrorCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/** A rule said no to one command of a submission, and so to all of it. Nothing happened. */
export class CommandRejected extends Error {
  override readonly name = 'CommandRejected';

  constructor(
    readonly rejection: DomainError,
    /** Which command of the submission it was. */
    readonly index: number,
  ) {
    super(rejection.code, { cause: rejection });
  }
}
