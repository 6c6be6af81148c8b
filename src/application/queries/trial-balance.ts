import { bookingOf, type LedgerAccount } from '../../domain/chart/chart-of-accounts.ts';
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

/** Sums for each name, in each currency. */
class Sums<Name extends string> {
  readonly #sums = new Map<string, { name: Name; currency: string; debits: bigint; credits: bigint }>();

  add(name: Name, currency: string, { debits = 0n, credits = 0n }: { debits?: bigint; credits?: bigint }): void {
    const key = `${currency} ${name}`;
    const sum = this.#sums.get(key) ?? { name, currency, debits: 0n, credits: 0n };
    sum.debits += debits;
    sum.credits += credits;
    this.#sums.set(key, sum);
  }

  inOrder(): readonly {
    readonly name: Name;
    readonly currency: string;
    readonly debits: bigint;
    readonly credits: bigint;
  }[] {
    return [...this.#sums.values()].sort(
      (left, right) => compare(left.name, right.name) || compare(left.currency, right.currency),
    );
  }
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const allLines = async (storage: Storage, moment: { asOf: Instant; knownAt: Instant }) => {
  const sums = new Sums<LedgerAccount>();
  for (const movement of await storage.events.movements(moment)) {
    const { debited, credited } = bookingOf(movement);
    const { currency, total } = movement;
    sums.add(debited, currency, { debits: total });
    sums.add(credited, currency, { credits: total });
  }
  return sums.inOrder().map(({ name, ...line }): TrialBalanceLine => ({ ledgerAccount: name, ...line }));
};

const totalsOf = (lines: readonly TrialBalanceLine[]): readonly TrialBalanceSums[] => {
  const sums = new Sums<''>();
  for (const { currency, debits, credits } of lines) sums.add('', currency, { debits, credits });
  return sums.inOrder().map(({ currency, debits, credits }) => ({ currency, debits, credits }));
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
    const all = await allLines(storage, { asOf, knownAt });
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
