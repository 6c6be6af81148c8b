import { bookingOf, type LedgerAccount, type Movement } from '../../domain/chart/chart-of-accounts.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { mustHavePassed } from './find-account.ts';

export type TrialBalanceQuery = {
  /** By value date; default: now. */
  readonly asOf?: Instant;
  /** By what was recorded; default: now. */
  readonly knownAt?: Instant;
  readonly limit: number;
  readonly after?: TrialBalancePosition;
};

/** How many lines came before, and the two moments of the trial balance: later pages are about the same. */
export type TrialBalancePosition = { readonly asOf: Instant; readonly knownAt: Instant; readonly lines: number };

/** Sums over all accounts in minor units of one currency, each positive. */
export type TrialBalanceSums = { readonly currency: string; readonly debits: bigint; readonly credits: bigint };

export type TrialBalanceLine = TrialBalanceSums & { readonly ledgerAccount: LedgerAccount };

export type TrialBalance = {
  readonly asOf: Instant;
  readonly knownAt: Instant;
  /** One page, by ledger account, then by currency. */
  readonly lines: readonly TrialBalanceLine[];
  /** Of all lines, for each currency. */
  readonly totals: readonly TrialBalanceSums[];
  /** Whether debits equal credits in every currency, and nothing is in transit. */
  readonly isBalanced: boolean;
  readonly next?: TrialBalancePosition;
};

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Adds up the lines of one name and currency, in the order of both. */
const addedUp = (lines: readonly TrialBalanceLine[]): readonly TrialBalanceLine[] => {
  const sums = new Map<string, TrialBalanceLine>();
  for (const line of lines) {
    const key = `${line.currency} ${line.ledgerAccount}`;
    const { debits, credits } = sums.get(key) ?? { debits: 0n, credits: 0n };
    sums.set(key, { ...line, debits: debits + line.debits, credits: credits + line.credits });
  }
  return [...sums.values()].sort(
    (left, right) => compare(left.ledgerAccount, right.ledgerAccount) || compare(left.currency, right.currency),
  );
};

/** Either side of a movement. */
const sidesOf = (movement: Movement): readonly TrialBalanceLine[] => {
  const { debited, credited } = bookingOf(movement);
  const { currency, total } = movement;
  return [
    { ledgerAccount: debited, currency, debits: total, credits: 0n },
    { ledgerAccount: credited, currency, debits: 0n, credits: total },
  ];
};

const totalsOf = (lines: readonly TrialBalanceLine[]): readonly TrialBalanceSums[] => {
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort(compare);
  return currencies.map((currency) => {
    const ofCurrency = lines.filter((line) => line.currency === currency);
    return {
      currency,
      debits: ofCurrency.reduce((sum, { debits }) => sum + debits, 0n),
      credits: ofCurrency.reduce((sum, { credits }) => sum + credits, 0n),
    };
  });
};

const isEven = ({ debits, credits }: TrialBalanceSums): boolean => debits === credits;

/** The two moments that are asked about; those of the first page, on later ones. */
const momentsOf = ({ asOf, knownAt, after }: TrialBalanceQuery, now: Instant): { asOf: Instant; knownAt: Instant } => {
  mustHavePassed(asOf, now);
  mustHavePassed(knownAt, now);
  return after ?? { asOf: asOf ?? now, knownAt: knownAt ?? now };
};

/**
 * Debits and credits of every account of the chart, from one consistent read of the events: what counts by `asOf`, as it was known at
 * `knownAt`. No writer counts for it; its cost grows with the number of events. Rejects with EFFECTIVE_IN_FUTURE.
 */
export const readTrialBalance =
  (storage: Storage, clock: Clock) =>
  async (query: TrialBalanceQuery): Promise<TrialBalance> => {
    const { asOf, knownAt } = momentsOf(query, clock.now());
    const movements = await storage.events.movements({ asOf, knownAt });
    const all = addedUp(movements.flatMap(sidesOf));
    const totals = totalsOf(all);
    const inTransit = all.filter(({ ledgerAccount }) => ledgerAccount === 'in-transit');
    const from = query.after?.lines ?? 0;
    const to = from + query.limit;
    return {
      asOf,
      knownAt,
      lines: all.slice(from, to),
      totals,
      isBalanced: [...totals, ...inTransit].every(isEven),
      ...(to < all.length && { next: { asOf, knownAt, lines: to } }),
    };
  };
