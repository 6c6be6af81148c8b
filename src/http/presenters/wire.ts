import { DomainError } from '../../domain/domain-error.ts';
import { isWithinLimit, minorUnits } from '../../domain/money/money.ts';

export type Json = Readonly<Record<string, unknown>>;

/**
 * A JSON number carries every amount of the ledger exactly. Only back-dated entries can give a past day a balance beyond 2^53 − 1:
 * that is refused, never rounded. Rejects with BALANCE_LIMIT_EXCEEDED.
 */
export const amountOnWire = (amount: bigint): number => {
  if (!isWithinLimit(minorUnits(amount))) throw new DomainError('BALANCE_LIMIT_EXCEEDED');
  return Number(amount);
};

export const timeOnWire = (moment: number): string => new Date(moment).toISOString();

/** An ETag is the account's version in quotes. */
export const etagOf = (version: number): string => `"${version}"`;
