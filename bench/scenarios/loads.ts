import type { Load } from '../client/load.ts';
import type { Work } from '../client/work.ts';
import type { AccountSet } from './scenario.ts';

export const MANY: AccountSet = { count: 1_000 };
export const ONE: AccountSet = { count: 1 };

/** How many clients keep a ledger busy. */
export const BUSY = 64;

/** So many clients, each of which waits for its answer. */
export const closed = (work: Work, connections: number = BUSY): Load => ({
  work,
  pacing: { kind: 'closed', connections },
});
/** Requests at fixed times, whatever the answers. */
export const open = (work: Work, perSecond: number, connections: number = BUSY): Load => ({
  work,
  pacing: { kind: 'open', connections, perSecond },
});

/** One request. */
export const once = (work: Work): Load => ({ work, pacing: { kind: 'once', connections: 1 } });
