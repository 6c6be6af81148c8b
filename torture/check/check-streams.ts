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

const checkRow = (
  row: Omit<StoredAccount, 'events'>,
  standing: Standing,
  version: number,
  breaches: Breaches,
): void => {
  const is = [row.ledgerBalance, row.heldAmount, row.version];
  const must = [standing.ledgerBalance, standing.heldAmount, version];
  if (String(is) === String(must)) return;
  const words = ([balance, held, at]: readonly number[]): string => `${balance}, held ${held}, version ${at}`;
  breaches.add('wrong-read', `${row.accountId} is shown with ${words(is)}; its events give ${words(must)}`);
};

const timelineOf = ({ events, ...row }: StoredAccount, breaches: Breaches): readonly Standing[] => {
  const { accountId } = row;
  const timeline: Standing[] = [nothing];
  let standing = nothing;
  events.forEach((event, index) => {
    checkNext(accountId, event, events[index - 1], breaches);
    const after = foldOne(standing, event);
    if (!after) breaches.add('foreign', `${accountId} has a ${event.type}, which nobody asked for`);
    else if (availableOf(after) < 0) {
      breaches.add('below-limit', `${accountId} version ${event.version} leaves ${availableOf(after)} available`);
    }
    standing = after ?? standing;
    timeline.push(standing);
  });
  checkRow(row, standing, events.length, breaches);
  return timeline;
};

const checkReversals = (events: readonly StoredEvent[], breaches: Breaches): void => {
  const totals = new Map<string, { readonly total: number; readonly of: number }>();
  for (const { data } of events.filter(({ type }) => type === 'TransactionReversed')) {
    const { originalEventId: id = '', originalAmount: of = 0, amount = 0 } = data;
    const { total } = totals.get(id) ?? { total: 0 };
    totals.set(id, { total: total + amount, of });
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
