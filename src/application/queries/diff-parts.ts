import type { AccountEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, minorUnits, negate } from '../../domain/money/money.ts';
import { type Instant, instant } from '../../domain/time/instant.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { Storage } from '../ports/storage.ts';
import type { End, Span } from './account-span.ts';
import { lastInOrder } from './balance-as-of.ts';

/** An event in the order of its part: by value date, then by version; or by version alone. */
export type Place = { readonly effectiveAt: Instant; readonly version: number };

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

/** Some events of one part; `rest` where it goes on, undefined where it does not. */
type Slice = { readonly events: readonly DiffEvent[]; readonly rest?: { readonly place: Place | undefined } };

/** One way in which an event can lie between two moments, as a list to be read in pages. */
export type Part = (place: Place | undefined, limit: number) => Promise<Slice>;

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

/** What lies between two views of one account, in three lists, one behind the other. */
export const partsOf = (storage: Storage, accountId: AccountId, span: Span): readonly Part[] => [
  datedPart(storage, accountId, span.dated),
  recordedPart(storage, accountId, span.recorded),
  termsPart(storage, accountId, span.terms),
];
