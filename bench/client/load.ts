import type { Books } from './books.ts';
import type { Work } from './work.ts';

/**
 * Closed: each connection sends its next request when it has the answer to the last one, so the load adapts to the server.
 * Open: requests are due at fixed times whether the server keeps up or not, as they are with clients that know nothing of
 * each other.
 */
export type Pacing =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'open'; readonly connections: number; readonly perSecond: number };

/** What clients do to one server. */
export type Load = { readonly work: Work; readonly pacing: Pacing };

/** The same for so long, on these accounts of the server at this address. */
export type LoadOrder = Load & {
  readonly url: string;
  readonly accountIds: readonly string[];
  readonly seconds: number;
};

export type LoadResult = {
  /** Milliseconds of every successful request, in the order of their answers. An open load's run from when they were due. */
  readonly latencies: Float64Array;
  /** Successful requests that were answered in time, which is what throughput counts. */
  readonly inTime: number;
  readonly seconds: number;
  /** How many requests ended how: by status code, or by the reason why there was none. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** All that did not end as they should. */
  readonly errors: number;
  readonly books: Books;
  /** CPU time of the client's own process, in microseconds. */
  readonly cpu: number;
};
