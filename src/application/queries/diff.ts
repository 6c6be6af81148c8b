import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { AccountEvent } from '../../domain/account/account-event.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, minorUnits, negate } from '../../domain/money/money.ts';
import { type Instant, instant } from '../../domain/time/instant.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { type End, type Span, spanBetween } from './account-span.ts';
import { lastInOrder } from './balance-as-of.ts';
import { type AccountView, type Moment, viewAccount } from './find-account.ts';

export type DiffQuery = {
  readonly from: Moment;
  readonly to: Moment;
  readonly limit: number;
  readonly after?: DiffPosition;
};

/** An event in the order of its part: by value date, then by version; or by version alone. */
type Place = { readonly effectiveAt: Instant; readonly version: number };

/** Where a page ended, and how much was known at either moment when the first one was read: later events stay out of later pages. */
export type DiffPosition = {
  /** Which of the parts goes on, and behind which event; from its beginning where there is none. */
  readonly part: number;
  readonly place: Place | undefined;
  readonly fromVersion: number;
  readonly toVersion: number;
};

/** An event that counts at one of the two moments only. */
export type DiffEvent = Place & {
  readonly eventId: EventId;
  readonly type: AccountEvent['type'];
  /** What it makes of the ledger balance on the way from `from` to `to`; undefined for what books nothing. */
  readonly amount?: MinorUnits;
  readonly countsIn: End;
  readonly reason: 'value_date_between' | 'recorded_between';
  readonly recordedAt: Instant;
};

export type Diff = {
  readonly accountId: AccountId;
  readonly from: AccountView;
  readonly to: AccountView;
  readonly events: readonly DiffEvent[];
  readonly next?: DiffPosition;
};

/** Some events of one part; `rest` where it goes on, undefined where it does not. */
type Slice = { readonly events: readonly DiffEvent[]; readonly rest?: { readonly place: Place | undefined } };

type Part = (place: Place | undefined, limit: number) => Promise<Slice>;

// Changes of status and limit are few among many: so many events are looked through for one page, at most.
const LOOKED_THROUGH = 1_000;

const eventOf =
  ({ countsIn, reason }: Pick<DiffEvent, 'countsIn' | 'reason'>) =>
  (entry: StatementEntryRow): DiffEvent => {
    const amount = minorUnits(entry.amount);
    return {
      eventId: entry._id as EventId,
      type: entry.type,
      version: entry.version,
      amount: countsIn === 'to' ? amount : negate(amount),
      countsIn,
      reason,
      recordedAt: instant(entry.recordedAt.getTime()),
      effectiveAt: instant(entry.effectiveAt.getTime()),
    };
  };

/** As many events as are wanted, of which one more was asked for to see whether there is a rest. */
const slice = (found: readonly DiffEvent[], limit: number, place: Place | undefined): Slice => {
  const events = found.slice(0, limit);
  return found.length > limit ? { events, rest: { place: events.at(-1) ?? place } } : { events };
};

const datedPart =
  (storage: Storage, accountId: AccountId, dated: Span['dated']): Part =>
  async (place, limit) => {
    if (!dated) return { events: [] };
    const found = await storage.table(statementEntriesTable).range({
      where: { accountId },
      bounds: {
        effectiveAt: { gt: new Date(dated.after), lte: new Date(dated.upTo) },
        version: { lte: dated.version },
      },
      order: ['effectiveAt', 'version'],
      limit: limit + 1,
      ...(place && { after: [new Date(place.effectiveAt), place.version] }),
    });
    return slice(found.map(eventOf({ countsIn: dated.countsIn, reason: 'value_date_between' })), limit, place);
  };

/** Up to the last entry in order that is not dated later every entry counts; behind it those do that were dated back (ADR 0007). */
const recordedPart =
  (storage: Storage, accountId: AccountId, { countsIn, after, upTo, asOf }: Span['recorded']): Part =>
  async (place, limit) => {
    if (after === upTo) return { events: [] };
    const entries = storage.table(statementEntriesTable);
    const gt = place?.version ?? after;
    const paged = { order: ['version'], limit: limit + 1 } as const;
    const last =
      asOf === undefined ? upTo : ((await lastInOrder(storage, accountId, { effectiveAt: asOf }))?.version ?? 0);
    const whole = await entries.range({
      where: { accountId },
      bounds: { version: { gt, lte: Math.min(last, upTo) } },
      ...paged,
    });
    const backDated =
      asOf === undefined
        ? []
        : await entries.range({
            where: { accountId, backDated: true },
            bounds: { version: { gt: Math.max(gt, last), lte: upTo }, effectiveAt: { lte: new Date(asOf) } },
            ...paged,
          });
    const found = [...whole, ...backDated].map(eventOf({ countsIn, reason: 'recorded_between' }));
    return slice(found, limit, place);
  };

/** Changes of status and overdraft limit. They count from when they are recorded. */
const termsPart =
  (storage: Storage, accountId: AccountId, { countsIn, after, upTo }: Span['terms']): Part =>
  async (place, limit) => {
    if (after === upTo) return { events: [] };
    const read = { after: place?.version ?? after, upTo, limit: LOOKED_THROUGH };
    const events = await storage.events.read(streamIdOf(accountId), read);
    const found = events
      .filter((event) => postingOf(event) === undefined)
      .map(({ eventId, type, version, recordedAt, effectiveAt }): DiffEvent => {
        return { eventId, type, version, countsIn, reason: 'recorded_between', recordedAt, effectiveAt };
      });
    const first = slice(found, limit, place);
    const last = events.at(-1);
    if (first.rest || !last || last.version === upTo) return first;
    return { ...first, rest: { place: last } };
  };

const partsOf = (storage: Storage, accountId: AccountId, span: Span): readonly Part[] => [
  datedPart(storage, accountId, span.dated),
  recordedPart(storage, accountId, span.recorded),
  termsPart(storage, accountId, span.terms),
];

type Page = { readonly events: readonly DiffEvent[]; readonly rest?: Pick<DiffPosition, 'part' | 'place'> };

const readPage = async (parts: readonly Part[], { limit, after }: DiffQuery): Promise<Page> => {
  const events: DiffEvent[] = [];
  let place = after?.place;
  for (const [part, read] of parts.entries()) {
    if (part < (after?.part ?? 0)) continue;
    const { events: some, rest } = await read(place, limit - events.length);
    events.push(...some);
    if (rest) return { events, rest: { part, place: rest.place } };
    place = undefined;
  }
  return { events };
};

/** Later pages know what the first one knew. */
const pinned = ({ asOf }: Moment, version: number): Moment => ({ version, ...(asOf !== undefined && { asOf }) });

/**
 * One account at two moments, and one page of the events that lie between: first what is known at both and counts at one of them by
 * its value date, by value date; then what is booked between, and then what changed status or limit between, each by version. The
 * amounts of all pages make the difference of the two ledger balances. A page may have fewer events than asked for, or none, and
 * still a next one. Its cost grows with what lies between, not with the history. Rejects with EFFECTIVE_IN_FUTURE,
 * ACCOUNT_NOT_FOUND, in this order.
 */
export const readDiff = (storage: Storage, clock: Clock) => {
  const view = viewAccount(storage, clock);
  return async (accountId: AccountId, query: DiffQuery): Promise<Diff> => {
    const { after } = query;
    const from = await view(accountId, after ? pinned(query.from, after.fromVersion) : query.from);
    const to = await view(accountId, after ? pinned(query.to, after.toVersion) : query.to);
    const { events, rest } = await readPage(partsOf(storage, accountId, spanBetween(from, to)), query);
    const versions = { fromVersion: from.row.version, toVersion: to.row.version };
    return { accountId, from, to, events, ...(rest && { next: { ...rest, ...versions } }) };
  };
};
