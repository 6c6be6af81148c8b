import type { AccountId } from '../../domain/account/account-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { spanBetween } from './account-span.ts';
import { type DiffEvent, type Part, partsOf, type Place } from './diff-parts.ts';
import { type AccountView, type Moment, viewAccount } from './find-account.ts';

export type DiffQuery = {
  readonly from: Moment;
  readonly to: Moment;
  readonly limit: number;
  readonly after?: DiffPosition;
};

/** Where a page ended, and how much was known at either moment when the first one was read: later events stay out of later pages. */
export type DiffPosition = {
  /** Which of the parts goes on, and behind which event; from its beginning where there is none. */
  readonly part: number;
  readonly place: Place | undefined;
  readonly fromVersion: number;
  readonly toVersion: number;
};

export type Diff = {
  readonly accountId: AccountId;
  readonly from: AccountView;
  readonly to: AccountView;
  readonly events: readonly DiffEvent[];
  readonly next?: DiffPosition;
};

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
