import type { Moment } from '../../src/application/queries/find-account.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { Instant } from '../../src/domain/time/instant.ts';

/*
 * What can be said of an account at a moment, from all of its events and in the plainest way: filters and sums. Nothing of the fold,
 * the read models or the snapshots is used.
 */

const credits = new Set<string>(['MoneyDeposited', 'TransferReceived']);

const ofHolds = new Set<string>(['HoldPlaced', 'HoldReleased', 'HoldExpired']);

export const isBooked = ({ type, data }: RecordedEvent): boolean => 'amount' in data && !ofHolds.has(type);

/** The signed amount of an event; 0 where nothing moves. */
export const signedAmount = (event: RecordedEvent): bigint => {
  const { type, data } = event;
  if (!('amount' in data) || !isBooked(event)) return 0n;
  const isCredit = 'originalType' in data ? !credits.has(data.originalType) : credits.has(type);
  return isCredit ? data.amount : 0n - data.amount;
};

export const sumOf = (events: readonly RecordedEvent[]): bigint =>
  events.reduce((sum, event) => sum + signedAmount(event), 0n);

/** What was known at the moment. */
export const knownAt = (events: readonly RecordedEvent[], moment: Moment): readonly RecordedEvent[] =>
  events.filter(
    ({ recordedAt, version }) => recordedAt <= (moment.knownAt ?? Infinity) && version <= (moment.version ?? Infinity),
  );

/** Of that, what counts by value date. */
export const countedAt = (events: readonly RecordedEvent[], moment: Moment): readonly RecordedEvent[] =>
  knownAt(events, moment).filter((event) => isBooked(event) && event.effectiveAt <= (moment.asOf ?? Infinity));

/** The events whose status, limit and holds count: they count from when they are recorded, the opening from its own date. */
export const termsAt = (events: readonly RecordedEvent[], moment: Moment): readonly RecordedEvent[] => {
  const known = knownAt(events, moment);
  const held = known.filter(({ recordedAt }) => recordedAt <= (moment.asOf ?? Infinity));
  return held.length > 0 ? held : known.slice(0, 1);
};

const statuses: Readonly<Record<string, string>> = {
  AccountFrozen: 'frozen',
  AccountUnfrozen: 'active',
  AccountClosed: 'closed',
};

export type NaiveAccount = {
  readonly version: number;
  readonly status: string;
  readonly ledgerBalance: bigint;
  readonly availableBalance: bigint;
  readonly overdraftLimit: bigint;
  readonly heldAmount: bigint;
};

/** What was placed and has not ended. */
export const heldBy = (events: readonly RecordedEvent[]): bigint => {
  const open = new Map<string, bigint>();
  for (const { type, data } of events) {
    if (type === 'HoldPlaced') open.set(data.holdId, data.amount);
    else if ('holdId' in data) open.delete(data.holdId);
  }
  return [...open.values()].reduce((sum, amount) => sum + amount, 0n);
};

/** Whether there was an account to be seen from the moment. */
const wasThere = (known: readonly RecordedEvent[], { asOf = Infinity as Instant, version = 0 }: Moment): boolean =>
  known.length > 0 &&
  known.length >= version &&
  known.every(({ type, effectiveAt }) => type !== 'AccountOpened' || effectiveAt <= asOf);

/** The account at a moment; undefined where there was none. */
export const accountAt = (events: readonly RecordedEvent[], moment: Moment): NaiveAccount | undefined => {
  const known = knownAt(events, moment);
  if (!wasThere(known, moment)) return undefined;
  let [status, overdraftLimit] = ['active', 0n];
  for (const { type, data } of termsAt(events, moment)) {
    status = statuses[type] ?? status;
    if ('overdraftLimit' in data) overdraftLimit = data.overdraftLimit;
  }
  const ledgerBalance = sumOf(countedAt(events, moment));
  const heldAmount = heldBy(termsAt(events, moment));
  const availableBalance = ledgerBalance - heldAmount + overdraftLimit;
  return { version: known.length, status, ledgerBalance, availableBalance, overdraftLimit, heldAmount };
};

/** What counts at one of two moments only, with its sign on the way from the first to the second. */
export const differenceOf = (
  events: readonly RecordedEvent[],
  from: Moment,
  to: Moment,
): readonly (readonly [version: number, amount: bigint, countsIn: 'from' | 'to'])[] => {
  const [first, second] = [from, to].map((moment) => {
    const changes = termsAt(events, moment).filter((event) => !isBooked(event));
    return new Set([...countedAt(events, moment), ...changes]);
  }) as [Set<RecordedEvent>, Set<RecordedEvent>];
  return events.flatMap((event) => {
    const [wasThere, isThere] = [first.has(event), second.has(event)];
    if (wasThere === isThere) return [];
    const amount = signedAmount(event);
    return [[event.version, isThere ? amount : -amount, isThere ? 'to' : 'from'] as const];
  });
};
