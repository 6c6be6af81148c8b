import type { Breaches } from '../breaches.ts';
import { availableOf, foldOne, nothing, type Standing } from './fold.ts';
import type { StoredAccount, StoredEvent } from './streams.ts';

/** Every version of every account, folded; index 0 is before the first event. */
export type Timelines = ReadonlyMap<string, readonly Standing[]>;

const checkNext = (
  accountId: string,
  event: StoredEvent,
  before: StoredEvent | undefined,
  breaches: Breaches,
): void => {
  const due = (before?.version ?? 0) + 1;
  if (event.version !== due) breaches.add('altered', `${accountId} has version ${event.version} where ${due} is due`);
  if (before && event.recordedAt < before.recordedAt) {
    breaches.add('altered', `${accountId} version ${event.version} was recorded before version ${before.version}`);
  }
};

const timelineOf = ({ accountId, events, ...row }: StoredAccount, breaches: Breaches): readonly Standing[] => {
  const timeline: Standing[] = [nothing];
  events.forEach((event, index) => {
    checkNext(accountId, event, events[index - 1], breaches);
    const after = foldOne(timeline.at(-1) ?? nothing, event);
    if (!after) breaches.add('foreign', `${accountId} has a ${event.type}, which nobody asked for`);
    timeline.push(after ?? timeline.at(-1) ?? nothing);
    if (after && availableOf(after) < 0) {
      breaches.add('below-limit', `${accountId} version ${event.version} leaves ${availableOf(after)} available`);
    }
  });
  const { ledgerBalance, heldAmount } = timeline.at(-1) ?? nothing;
  if (row.ledgerBalance !== ledgerBalance || row.heldAmount !== heldAmount || row.version !== events.length) {
    const shown = `${row.ledgerBalance}, held ${row.heldAmount}, version ${row.version}`;
    const folded = `${ledgerBalance}, held ${heldAmount}, version ${events.length}`;
    breaches.add('wrong-read', `${accountId} is shown with ${shown}; its events give ${folded}`);
  }
  return timeline;
};

const checkReversals = (events: readonly StoredEvent[], breaches: Breaches): void => {
  const totals = new Map<string, { readonly total: number; readonly of: number }>();
  for (const { type, data } of events) {
    if (type !== 'TransactionReversed') continue;
    const { originalEventId = '', originalAmount = 0, amount = 0 } = data;
    const total = (totals.get(originalEventId)?.total ?? 0) + amount;
    totals.set(originalEventId, { total, of: originalAmount });
  }
  for (const [eventId, { total, of }] of totals) {
    if (total > of) breaches.add('over-reversed', `${total} of ${of} were taken back of event ${eventId}`);
  }
};

/** Versions without gaps, time that never runs backwards, no account below its limit, read models that say the same. */
export const checkStreams = (accounts: readonly StoredAccount[], breaches: Breaches): Timelines => {
  checkReversals(
    accounts.flatMap(({ events }) => events),
    breaches,
  );
  return new Map(accounts.map((account) => [account.accountId, timelineOf(account, breaches)]));
};
