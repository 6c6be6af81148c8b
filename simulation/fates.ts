import type { Random } from './random.ts';

/** What a process asks its storage for: how it may go wrong depends on that. */
export type CallKind =
  /** Nothing is changed by it. */
  | 'read'
  /** A statement of a transaction that is open. */
  | 'statement'
  | 'commit'
  /** A write that is a transaction of its own. */
  | 'write'
  | 'follow';

export type Call = {
  /** The how manieth of the whole simulation, from 1. */
  readonly number: number;
  readonly process: string;
  readonly kind: CallKind;
  readonly what: string;
};

/** What becomes of a call. */
export type Outcome =
  | 'done'
  /** The store cannot be reached, and nothing was done. */
  | 'unavailable'
  /** It was done, and the answer was lost. */
  | 'answer lost'
  /** The commit may or may not be in the store; it is not. */
  | 'unknown, not done'
  | 'conflict'
  /** The transaction has to begin again, which is nobody's business. */
  | 'again'
  | 'token lost'
  /** The process ends here: with the call not sent, on its way, or done. */
  | 'crash before'
  | 'crash on the way'
  | 'crash after';

export type Fate = { readonly outcome: Outcome; readonly there: number; readonly back: number };

/** Decides what becomes of each call. */
export type Fates = (call: Call) => Fate;

const crashes = ['crash before', 'crash on the way', 'crash after'] as const;

/** How a call of each kind may fail. */
export const failuresOf: Readonly<Record<CallKind, readonly Outcome[]>> = {
  read: ['unavailable'],
  statement: ['unavailable', 'conflict'],
  commit: ['unavailable', 'answer lost', 'answer lost', 'unknown, not done', 'conflict', 'again'],
  write: ['unavailable', 'answer lost'],
  follow: ['unavailable', 'token lost'],
};

/** How the process may end around a call of each kind: one that changes nothing is much the same sent or not. */
export const crashesOf: Readonly<Record<CallKind, readonly Outcome[]>> = {
  read: ['crash before'],
  statement: ['crash before'],
  commit: crashes,
  write: crashes,
  follow: ['crash before'],
};

/** How often things go wrong, of 1. */
export type Weather = {
  readonly failure: number;
  readonly crash: number;
  /** Calls that take longer than others, up to seconds. */
  readonly slowness: number;
};

export const fairWeather: Weather = { failure: 0, crash: 0, slowness: 0 };

/** How long a message is on its way. */
export const travelTime = (random: Random, { slowness }: Weather): number => {
  if (!random.happens(slowness)) return random.whole(1, 30) / 10;
  return random.happens(0.1) ? random.whole(100, 4_000) : random.whole(5, 80);
};

/** What the weather does, by chance. It may change while calls go on. */
export const fatesOf =
  (random: Random, weather: () => Weather): Fates =>
  ({ kind }) => {
    const now = weather();
    const travel = { there: travelTime(random, now), back: travelTime(random, now) };
    const chance = random.fraction();
    if (chance < now.crash) return { outcome: random.pick(crashesOf[kind]), ...travel };
    if (chance < now.crash + now.failure) return { outcome: random.pick(failuresOf[kind]), ...travel };
    return { outcome: 'done', ...travel };
  };
