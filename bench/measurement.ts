import type { LoadResult, Pacing } from './client/load.ts';

/** What a round cost besides time. */
export type Costs = {
  /** CPU time in microseconds; undefined where the machine does not tell, or where two loads share it. */
  readonly api: number | undefined;
  /** Of all nodes. */
  readonly mongod: number | undefined;
  /** Transactions that MongoDB committed. */
  readonly transactions: number | undefined;
  /** Bytes of the API's processes at the end of the round; undefined where the machine does not tell. */
  readonly apiMemory: number | undefined;
};

export type Round = Omit<LoadResult, 'books'> & { readonly costs: Costs };

/** All rounds of one line. */
export type Measurement = {
  readonly scenario: string;
  readonly title: string;
  readonly contender: string;
  readonly pacing: Pacing;
  readonly rounds: readonly Round[];
};
