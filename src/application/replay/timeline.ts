import { LRUCache } from 'lru-cache';
import { type AccountId, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import {
  type Account,
  initialState,
  isOpened,
  type OpenedAccount,
  versionOf,
} from '../../domain/account/account-state.ts';
import type { Change } from '../../projections/projection.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../projections/statement-entries/statement-entries.ts';
import type { Storage } from '../ports/storage.ts';
import type { RangeQuery } from '../ports/table.ts';
import { accountAt, changesOf, type Until } from './account-history.ts';
import { SNAPSHOT_INTERVAL } from './snapshot.ts';

/** Where an event stands by value date. */
export type ValuePlace = { readonly effectiveAt: number; readonly version: number };

const PAGES_KEPT = 50;

/**
 * The history of one account for somebody who moves about in it. Only what lies around the place looked at is read: the events
 * between two snapshots at once, on the account that the first of them holds.
 */
export class Timeline {
  readonly #streamId: StreamId;
  readonly #pages = new LRUCache<number, readonly Change[]>({ max: PAGES_KEPT });

  constructor(
    private readonly storage: Storage,
    private readonly accountId: AccountId,
  ) {
    this.#streamId = streamIdOf(accountId);
  }

  /** The account at a point of its recorded history, default now; undefined where it was not open yet. Rejects with BrokenStream. */
  async accountAt(until: Until = {}): Promise<OpenedAccount | undefined> {
    const { account } = await accountAt(this.storage, this.#streamId, until);
    return isOpened(account) ? account : undefined;
  }

  /** The n-th event, and what it changed; undefined where there is none. Rejects with BrokenStream. */
  async changeAt(version: number): Promise<Change | undefined> {
    const page = Math.floor((version - 1) / SNAPSHOT_INTERVAL);
    const place = (version - 1) % SNAPSHOT_INTERVAL;
    return this.#pages.get(page)?.[place] ?? (await this.#read(page))[place];
  }

  async #read(page: number): Promise<readonly Change[]> {
    const start = await this.#startOf(page);
    const after = page * SNAPSHOT_INTERVAL;
    if (versionOf(start) < after) return [];
    const range = { after, upTo: (page + 1) * SNAPSHOT_INTERVAL, limit: SNAPSHOT_INTERVAL };
    const changes = changesOf(start, await this.storage.events.read(this.#streamId, range));
    this.#pages.set(page, changes);
    return changes;
  }

  async #startOf(page: number): Promise<Account> {
    if (page === 0) return initialState();
    const before = this.#pages.get(page - 1)?.[SNAPSHOT_INTERVAL - 1];
    if (before) return before.after;
    return (await accountAt(this.storage, this.#streamId, { version: page * SNAPSHOT_INTERVAL })).account;
  }

  /** The booked event this many places later by value date, or earlier where it is less than zero; the last one that way. */
  async besides({ effectiveAt, version }: ValuePlace, by: number): Promise<number | undefined> {
    const after = [new Date(effectiveAt), version];
    const rows = await this.#byValueDate({ after, direction: by < 0 ? 'desc' : 'asc', limit: Math.abs(by) });
    return rows.at(-1)?.version;
  }

  /** The first booked event by value date, or the last one, of those that count by `asOf` where it is given. */
  async endOf(direction: 'asc' | 'desc', asOf?: number): Promise<number | undefined> {
    const bounds = asOf === undefined ? {} : { bounds: { effectiveAt: { lte: new Date(asOf) } } };
    const [row] = await this.#byValueDate({ direction, limit: 1, ...bounds });
    return row?.version;
  }

  #byValueDate(query: Omit<RangeQuery<StatementEntryRow>, 'where' | 'order'>): Promise<readonly StatementEntryRow[]> {
    const where = { accountId: this.accountId };
    return this.storage.table(statementEntriesTable).range({ where, order: ['effectiveAt', 'version'], ...query });
  }
}
