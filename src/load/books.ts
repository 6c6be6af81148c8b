import type { Posting } from './wish.ts';

/** Between these two a balance must lie, by the answers that the client got; equal where every command has a known outcome. */
export type Bounds<Amount> = { readonly least: Amount; readonly most: Amount };

const increase = (amounts: Float64Array, account: number, by: number): void => {
  amounts[account] = (amounts[account] ?? 0) + by;
};

/** What each account must hold. Plain numbers: a balance never passes 2^53 − 1. */
export class Books {
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  // The whole ledger of this run: what came in and went out of it. Acknowledged transfers stay inside.
  #total: Bounds<bigint>;

  constructor(accounts: number, initialDeposit: number) {
    this.#least = new Float64Array(accounts).fill(initialDeposit);
    this.#most = new Float64Array(accounts).fill(initialDeposit);
    const total = BigInt(accounts) * BigInt(initialDeposit);
    this.#total = { least: total, most: total };
  }

  acknowledged(postings: readonly Posting[]): void {
    for (const { account, amount } of postings) {
      increase(this.#least, account, amount);
      increase(this.#most, account, amount);
    }
    const net = netOf(postings);
    this.#total = { least: this.#total.least + net, most: this.#total.most + net };
  }

  /** Nobody said whether it was done. */
  unknown(postings: readonly Posting[]): void {
    for (const { account, amount } of postings) {
      increase(this.#least, account, Math.min(0, amount));
      increase(this.#most, account, Math.max(0, amount));
    }
    // A transfer counts in both directions: it may happen between the reading of the one account and of the other.
    for (const { amount } of postings) {
      const { least, most } = this.#total;
      this.#total = amount < 0 ? { least: least + BigInt(amount), most } : { least, most: most + BigInt(amount) };
    }
  }

  boundsOf(account: number): Bounds<number> {
    return { least: this.#least[account] ?? 0, most: this.#most[account] ?? 0 };
  }

  get total(): Bounds<bigint> {
    return this.#total;
  }
}

const netOf = (postings: readonly Posting[]): bigint => BigInt(postings.reduce((sum, { amount }) => sum + amount, 0));
