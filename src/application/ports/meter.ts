/** Why a batch is decided once more. */
export type RetryReason = 'conflict' | 'unavailable' | 'halved';

/** Is told what is done, for whoever watches this process. Never waited for. */
export type Meter = {
  /** A transaction with what so many commands leave behind was committed, in so many seconds. */
  readonly committed: (commands: number, seconds: number) => void;
  /** Nobody hears of it where it ends well. */
  readonly retried: (reason: RetryReason) => void;
  /** So many accounts were in memory, and so many had to be read. */
  readonly accountsWanted: (known: number, unknown: number) => void;
};

/** For where nobody watches. */
export const unmetered: Meter = {
  committed: () => undefined,
  retried: () => undefined,
  accountsWanted: () => undefined,
};
