import type { LoadResult, Pacing } from './client/load.ts';

/** What a round cost besides time. */
export type Costs = {
  /** CPU time in microseconds; undefined where the machine does not tell, or where two loads share it. */
  readonly api: number | undefined;
  readonly mongod: number | undefined;
  /** Transactions that MongoDB committed; undefined for a load that only reads. */
  readonly transactions: number | undefined;
};

export type Round = Omit<LoadResult, 'books'> & { readonly costs: Costs };

/** All rounds of one load on one server. */
export type Measurement = {
  readonly scenario: string;
  readonly title: string;
  readonly server: string;
  readonly pacing: Pacing;
  readonly rounds: readonly Round[];
};
