import type { AccountEvent, RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import { type MinorUnits, minorUnits, NO_MONEY } from '../../domain/money/money.ts';
import { type Instant, instant } from '../../domain/time/instant.ts';
import type { StatementEntryRow } from '../../projections/statement-entries/statement-entries.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { nearestUsable } from '../replay/account-history.ts';
import { backDatedBehind, startOf } from './balance-as-of.ts';
import { type AccountView, type Moment, viewAccount } from './find-account.ts';

export type ExplainQuery = { readonly moment: Moment; readonly limit: number; readonly after?: ExplainPosition };

/** Where a page ended, and how much was known when the first one was read: later events stay out of later pages. */
export type ExplainPosition = {
  readonly effectiveAt: Instant;
  readonly version: number;
  readonly accountVersion: number;
};

/** The nearest place where the ledger balance is known without looking further back. */
export type Start = {
  /** A snapshot of the account, a statement entry, or the opening, before which there was nothing. */
  readonly kind: 'snapshot' | 'entry' | 'opening';
  /** Everything up to this event is in it. */
  readonly version: number;
  readonly ledgerBalance: MinorUnits;
};

/** An event behind the start; `amount` is signed, and undefined for what books nothing. */
export type ExplainedEvent = {
  readonly eventId: string;
  readonly type: AccountEvent['type'];
  readonly version: number;
  readonly amount?: MinorUnits;
  readonly recordedAt: Instant;
  readonly effectiveAt: Instant;
};

export type Explanation = {
  readonly view: AccountView;
  readonly start: Start;
  readonly events: readonly ExplainedEvent[];
  readonly next?: ExplainPosition;
};

type Found = { readonly start: Start; readonly events: readonly ExplainedEvent[] };

const ofEvent = (event: RecordedEvent): ExplainedEvent => {
  const { eventId, type, version, recordedAt, effectiveAt } = event;
  const amount = postingOf(event);
  return { eventId, type, version, ...(amount !== undefined && { amount }), recordedAt, effectiveAt };
};

const ofEntry = (entry: StatementEntryRow): ExplainedEvent => ({
  eventId: entry._id,
  type: entry.type,
  version: entry.version,
  amount: minorUnits(entry.amount),
  recordedAt: instant(entry.recordedAt.getTime()),
  effectiveAt: instant(entry.effectiveAt.getTime()),
});

const OPENING: Start = { kind: 'opening', version: 0, ledgerBalance: NO_MONEY };

/** All that is known counts: the account is folded from its nearest snapshot. */
const whole = async (
  storage: Storage,
  accountId: AccountId,
  { version }: { readonly version: number },
  { limit, after }: ExplainQuery,
): Promise<Found> => {
  const streamId = streamIdOf(accountId);
  const snapshot = await nearestUsable(storage, streamId, { version });
  const start: Start = snapshot
    ? { kind: 'snapshot', version: snapshot.version, ledgerBalance: snapshot.ledgerBalance }
    : OPENING;
  const read = { after: Math.max(start.version, after?.version ?? 0), upTo: version, limit: limit + 1 };
  return { start, events: (await storage.events.read(streamId, read)).map(ofEvent) };
};

/** What counts by a value date: the last entry in order, and what was dated back behind it (ADR 0007). */
const dated = async (
  storage: Storage,
  accountId: AccountId,
  extent: { readonly version: number; readonly asOf: Instant },
  { limit, after }: ExplainQuery,
): Promise<Found> => {
  const entry = await startOf(storage, accountId, extent);
  const page = { limit: limit + 1, ...(after && { after: [new Date(after.effectiveAt), after.version] }) };
  const rows = await backDatedBehind(storage, accountId, { ...extent, start: entry, ...page });
  const start: Start = entry
    ? { kind: 'entry', version: entry.version, ledgerBalance: minorUnits(entry.balanceAfter) }
    : OPENING;
  return { start, events: rows.map(ofEntry) };
};

/**
 * Why an account has the balance that it has at a moment: the nearest place at which it is known, and one page of the events from
 * there on, whose amounts make the rest. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order.
 */
export const explainBalance = (storage: Storage, clock: Clock) => {
  const view = viewAccount(storage, clock);
  return async (accountId: AccountId, query: ExplainQuery): Promise<Explanation> => {
    const { after, limit, moment } = query;
    const { asOf } = moment;
    const pinned = after && { version: after.accountVersion, ...(asOf !== undefined && { asOf }) };
    const seen = await view(accountId, pinned ?? moment);
    const { version } = seen.row;
    const { start, events: found } =
      asOf === undefined
        ? await whole(storage, accountId, { version }, query)
        : await dated(storage, accountId, { version, asOf }, query);
    const events = found.slice(0, limit);
    const last = found.length > limit ? events.at(-1) : undefined;
    const next = last && { effectiveAt: last.effectiveAt, version: last.version, accountVersion: version };
    return { view: seen, start, events, ...(next && { next }) };
  };
};
