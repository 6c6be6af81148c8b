/**
 * Every way in which the bank says no, in the order in which a command is checked: of two that apply, the earlier is answered.
 * The reference pages list rejections in this order, too.
 */
export const domainErrorCodes = [
  'PROPOSAL_NOT_FOUND',
  'EVENT_NOT_FOUND',
  'NOT_REVERSIBLE',
  'NOT_CHANGEABLE',
  'HISTORY_TOO_LONG',
  'IDEMPOTENCY_KEY_REUSED',
  'PROPOSAL_NOT_PENDING',
  'TRANSACTION_ALREADY_RECORDED',
  'TRANSFER_ALREADY_EXISTS',
  'SAME_ACCOUNT',
  'ACCOUNT_ALREADY_EXISTS',
  'ACCOUNT_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'HOLD_ALREADY_EXISTS',
  'VERSION_MISMATCH',
  'ACCOUNT_CLOSED',
  'ACCOUNT_FROZEN',
  'ACCOUNT_NOT_FROZEN',
  'HOLD_NOT_OPEN',
  'CURRENCY_MISMATCH',
  'EFFECTIVE_IN_FUTURE',
  'EFFECTIVE_BEFORE_OPENING',
  'HOLD_EXPIRES_IN_PAST',
  'HOLD_LIMIT_EXCEEDED',
  'CAPTURE_EXCEEDS_HOLD',
  'REVERSAL_EXCEEDS_ORIGINAL',
  'ACCOUNT_NOT_EMPTY',
  'OVERDRAFT_IN_USE',
  'INSUFFICIENT_FUNDS',
  'BALANCE_LIMIT_EXCEEDED',
  'APPROVAL_REQUIRED',
  'TRANSFER_NOT_FOUND',
] as const;

export type DomainErrorCode = (typeof domainErrorCodes)[number];

/** An expected "no". The code decides what happens next; the details name what it was about and never carry balances. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: DomainErrorCode,
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(code);
  }
}
