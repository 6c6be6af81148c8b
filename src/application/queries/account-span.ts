import type { AccountView } from './find-account.ts';
import { type Instant, instant } from '../../domain/time/instant.ts';

/** Which of two moments an event counts at, where it counts at one of them only. */
export type End = 'from' | 'to';

/**
 * Where two views of one account differ. An entry counts at a moment when it is known there and its value date is not later, so what
 * counts at one of two moments only is known at both and dated between them, or is recorded between them and counts at the later one.
 */
export type Span = {
  /** Known at both; value dates behind `after`, up to `upTo`. Undefined: both count the same value dates. */
  readonly dated:
    { readonly countsIn: End; readonly after: Instant; readonly upTo: Instant; readonly version: number } | undefined;
  /** Versions behind `after`, up to `upTo`, which is `countsIn`; of them what has no later value date than `asOf`. */
  readonly recorded: {
    readonly countsIn: End;
    readonly after: number;
    readonly upTo: number;
    readonly asOf: Instant | undefined;
  };
  /** Versions behind `after`, up to `upTo`, among which status and overdraft limit may have changed. */
  readonly terms: { readonly countsIn: End; readonly after: number; readonly upTo: number };
};

const ENDLESS = instant(Date.UTC(9999, 11, 31, 23, 59, 59, 999));

const datedBetween = (from: AccountView, to: AccountView): Span['dated'] => {
  const [first, last] = [from.asOf ?? ENDLESS, to.asOf ?? ENDLESS];
  if (first === last) return undefined;
  const version = Math.min(from.row.version, to.row.version);
  return first < last
    ? { countsIn: 'to', after: first, upTo: last, version }
    : { countsIn: 'from', after: last, upTo: first, version };
};

const between = (from: number, to: number): Span['terms'] =>
  from <= to ? { countsIn: 'to', after: from, upTo: to } : { countsIn: 'from', after: to, upTo: from };

/** What lies between two views of one account. */
export const spanBetween = (from: AccountView, to: AccountView): Span => {
  const recorded = between(from.row.version, to.row.version);
  return {
    dated: datedBetween(from, to),
    recorded: { ...recorded, asOf: (recorded.countsIn === 'to' ? to : from).asOf },
    terms: between(from.termsVersion, to.termsVersion),
  };
};
