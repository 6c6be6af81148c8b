import type { AccountId } from '../../domain/account/account-id.ts';
import type { OpenedAccount } from '../../domain/account/account-state.ts';
import { instant } from '../../domain/time/instant.ts';
import { statementEntriesTable } from '../../projections/statement-entries/statement-entries.ts';
import type { Storage } from '../ports/storage.ts';
import { balanceAsOf } from '../queries/balance-as-of.ts';
import type { ValuePlace } from './timeline.ts';

/** How events are lined up: in the order in which they were recorded, or by value date. */
export type Axis = 'recorded' | 'value';

// Each takes a connection of the pool.
const AT_ONCE = 8;

/** The ends of the axis: versions, or moments. */
const endsOf = ({ version, openedAt, latestEffectiveAt }: OpenedAccount, axis: Axis): readonly [number, number] =>
  axis === 'recorded' ? [1, version] : [openedAt, latestEffectiveAt];

/** Where on the axis each of this many columns stands: at a version, or at a moment. */
export const placesOf = (head: OpenedAccount, axis: Axis, columns: number): readonly number[] => {
  const [first, last] = endsOf(head, axis);
  const step = columns > 1 ? (last - first) / (columns - 1) : 0;
  return Array.from({ length: columns }, (_, column) => Math.round(first + column * step));
};

/** The column in which an event stands. */
export const columnOf = (head: OpenedAccount, axis: Axis, place: ValuePlace, columns: number): number => {
  const [first, last] = endsOf(head, axis);
  const at = axis === 'recorded' ? place.version : place.effectiveAt;
  const column = last === first ? 0 : Math.round(((at - first) / (last - first)) * (columns - 1));
  return Math.min(Math.max(column, 0), columns - 1);
};

const balanceBehind = async (storage: Storage, accountId: AccountId, version: number): Promise<bigint> => {
  const entries = storage.table(statementEntriesTable);
  const upTo = { where: { accountId }, bounds: { version: { lte: version } } };
  const [last] = await entries.range({ ...upTo, order: ['version'], direction: 'desc', limit: 1 });
  return last?.balanceAfter ?? 0n;
};

/**
 * One ledger balance for each column, each by a look-up of its own: what is read does not grow with the history. Undefined where it
 * was given up.
 */
export const balanceCurve = async (
  storage: Storage,
  { head, axis, columns }: { readonly head: OpenedAccount; readonly axis: Axis; readonly columns: number },
  signal: AbortSignal,
): Promise<readonly bigint[] | undefined> => {
  const { accountId, version } = head;
  const balanceAt = (place: number): Promise<bigint> =>
    axis === 'recorded'
      ? balanceBehind(storage, accountId, place)
      : balanceAsOf(storage, accountId, { asOf: instant(place), version });
  const places = placesOf(head, axis, columns);
  const distinct = [...new Set(places)];
  const balances = new Map<number, bigint>();
  for (let start = 0; start < distinct.length; start += AT_ONCE) {
    if (signal.aborted) return undefined;
    const few = distinct.slice(start, start + AT_ONCE);
    const found = await Promise.all(few.map(balanceAt));
    for (const [index, place] of few.entries()) balances.set(place, found[index] ?? 0n);
  }
  return places.map((place) => balances.get(place) ?? 0n);
};
