import type { TrialBalance, TrialBalanceSums } from '../../application/queries/trial-balance.ts';
import { type Json, timeOnWire } from './wire.ts';

/** Sums over many accounts can pass what a JSON number keeps exact. */
const presentSums = ({ currency, debits, credits }: TrialBalanceSums): Json => ({
  currency,
  debits: debits.toString(),
  credits: credits.toString(),
  balance: (debits - credits).toString(),
});

export const presentTrialBalance = (found: TrialBalance, nextCursor: string | undefined): Json => ({
  asOf: timeOnWire(found.asOf),
  knownAt: timeOnWire(found.knownAt),
  isBalanced: found.isBalanced,
  totals: found.totals.map(presentSums),
  ledgerAccounts: found.lines.map((line) => ({ ledgerAccount: line.ledgerAccount, ...presentSums(line) })),
  nextCursor,
});
