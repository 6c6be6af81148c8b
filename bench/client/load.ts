import type { Books } from './books.ts';
import type { Work } from './work.ts';

/**
 * Closed: each connection sends its next request when it has the answer to the last one, so the load adapts to the server.
 * Open: requests are due at fixed times whether the server keeps up or not, as they are with clients that know nothing of
 * each other. Once: one request, and that is all.
 */
export type Pacing =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'open'; readonly connections: number; readonly perSecond: number }
  | { readonly kind: 'once'; readonly connections: 1 };

/** What clients do to one contender. */
export type Load = { readonly work: Work; readonly pacing: Pacing };

/** The same for so long, on these accounts; the clients are spread over these addresses. */
export type LoadOrder = Load & {
  readonly urls: readonly string[];
  readonly accountIds: readonly string[];
  readonly seconds: number;
  /** If given, the load ends when so many commands and queries were begun, and not by the clock. */
  readonly operations?: number;
};

export type LoadResult = {
  /** Milliseconds of every successful request, in the order of their answers. An open load's run from when they were due. */
  readonly latencies: Float64Array;
  /** Commands, or queries, that were answered well and in time: what throughput counts. */
  readonly inTime: number;
  readonly seconds: number;
  /** All commands and queries that ended, well or not. A batch is as many as are in it. */
  readonly operations: number;
  /** Commands among them that were carried out. */
  readonly commands: number;
  /** How many requests ended how: by status code, or by the reason why there was none. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** All requests that did not end as they should. */
  readonly errors: number;
  readonly books: Books;
  /** CPU time in microseconds of the process that plays the clients; undefined where there are no clients. */
  readonly clientCpu: number | undefined;
  /** CPU time of the server, where it is known better than from outside. */
  readonly serverCpu?: number;
};
