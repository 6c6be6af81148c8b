/**
 * Closed: each worker sends its next request when it has the answer to the last one, so the load adapts to the server.
 * Open: requests are due at fixed times whether the server keeps up or not, as with clients that know nothing of each other.
 */
export type Pacing =
  { readonly kind: 'closed'; readonly workers: number } | { readonly kind: 'open'; readonly perSecond: number };

/** What decides which requests are sent; the same mix and seed give the same sequence of wishes. */
export type Mix = {
  readonly accounts: number;
  /** Share of the accounts that are hot, and share of the selections that go to one of them. */
  readonly hotAccountRatio: number;
  readonly hotSelectionRate: number;
  /** Share of the requests that read a balance. */
  readonly readRatio: number;
  /** Share of the other requests that are transfers. */
  readonly transferRatio: number;
  readonly seed: number;
};

/** One run against one Daybook. Amounts are minor units, durations milliseconds. */
export type LoadPlan = Mix & {
  readonly url: URL;
  readonly apiKey?: string;
  readonly duration: number;
  readonly pacing: Pacing;
  readonly currency: string;
  readonly initialDeposit: number;
  /** How long one answer may take. */
  readonly timeout: number;
  /** How long a command is sent again under its key before its outcome counts as unknown. */
  readonly retryFor: number;
  /** In all ids and keys of this run, and of no other. */
  readonly runId: string;
};

/** The load cannot be run at all; the message says why and what to do. */
export class CannotLoad extends Error {
  override readonly name = 'CannotLoad';
}
