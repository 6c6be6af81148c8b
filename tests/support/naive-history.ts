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

const parties: Readonly<Record<string, string>> = { TransferSent: 'in-transit', TransferReceived: 'in-transit' };

/** The other side of what an event booked: where the money came from, or went to. */
const otherSideOf = ({ type, data }: RecordedEvent): string => {
  const named = { ...data } as { readonly source?: string; readonly destination?: string };
  const party = named.source ?? named.destination;
  return parties[type] ?? (party === undefined ? 'cash' : `clearing:${party}`);
};

/** Debits and credits of the chart at a moment, in words such as `EUR cash`, from all events of all accounts. */
export const chartAt = (
  events: readonly RecordedEvent[],
  moment: Moment,
): ReadonlyMap<string, { readonly debits: bigint; readonly credits: bigint }> => {
  const byId = new Map<string, RecordedEvent>(events.map((event) => [event.eventId, event]));
  const chart = new Map<string, { debits: bigint; credits: bigint }>();
  const post = (name: string, amount: bigint): void => {
    const { debits, credits } = chart.get(name) ?? { debits: 0n, credits: 0n };
    chart.set(name, amount < 0n ? { debits: debits - amount, credits } : { debits, credits: credits + amount });
  };
  for (const event of countedAt(events, moment)) {
    const { data } = event;
    const original = 'originalEventId' in data ? byId.get(data.originalEventId) : event;
    const currency = 'currency' in data ? data.currency : '';
    post(`${currency} customer-deposits`, signedAmount(event));
    if (original) post(`${currency} ${otherSideOf(original)}`, -signedAmount(event));
  }
  return chart;
};
