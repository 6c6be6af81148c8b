import { LRUCache } from 'lru-cache';
import type { StreamId } from '../../domain/account/account-id.ts';
import type { Account, OpenedAccount } from '../../domain/account/account-state.ts';
import { FOLD_VERSION } from '../../domain/account/evolve.ts';
import { type Meter, unmetered } from '../ports/meter.ts';
import type { Storage } from '../ports/storage.ts';
import { accountAt, foldTail } from '../replay/account-history.ts';
import type { Snapshotter } from './snapshotter.ts';

/** Whether an account was read after the command arrived, or is only what this process last knew of it. */
export type LoadedAccount = { readonly account: Account; readonly fresh: boolean };

/** Accounts as this process last saw them. What is here may be stale: the unique version of a stream decides, at the commit. */
export class AccountCache {
  readonly #known: LRUCache<StreamId, OpenedAccount>;

  constructor(
    private readonly storage: Storage,
    private readonly snapshotter: Snapshotter,
    limit: number,
    private readonly meter: Pick<Meter, 'accountsWanted'> = unmetered,
  ) {
    this.#known = new LRUCache({ max: limit });
  }

  /** Each of these accounts: from memory where it is known, the rest in one read. */
  async load(streamIds: Iterable<StreamId>): Promise<Map<StreamId, LoadedAccount>> {
    const loaded = new Map<StreamId, LoadedAccount>();
    const unknown: StreamId[] = [];
    for (const streamId of new Set(streamIds)) {
      const account = this.#known.get(streamId);
      if (account) loaded.set(streamId, { account, fresh: false });
      else unknown.push(streamId);
    }
    this.meter.accountsWanted(loaded.size, unknown.length);
    for (const [streamId, fresh] of await this.reload(unknown)) loaded.set(streamId, fresh);
    return loaded;
  }

  /** Each of these accounts as the store has it now. */
  async reload(streamIds: readonly StreamId[]): Promise<Map<StreamId, LoadedAccount>> {
    const loaded = new Map<StreamId, LoadedAccount>();
    if (streamIds.length === 0) return loaded;
    const tails = await this.storage.events.tails(streamIds, FOLD_VERSION);
    for (const streamId of streamIds) {
      const tail = tails.get(streamId);
      const { account, missing } = (tail && foldTail(streamId, tail)) ?? (await accountAt(this.storage, streamId));
      // A snapshot that a crash kept from being written, or that was damaged, is made good by whoever notices.
      this.snapshotter.keep(missing);
      if (account.status !== 'unopened') this.#known.set(streamId, account);
      loaded.set(streamId, { account, fresh: true });
    }
    return loaded;
  }

  remember(streamId: StreamId, account: OpenedAccount): void {
    this.#known.set(streamId, account);
  }

  forget(streamIds: Iterable<StreamId>): void {
    for (const streamId of streamIds) this.#known.delete(streamId);
  }
}
