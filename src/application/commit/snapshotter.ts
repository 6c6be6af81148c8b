import type { OpenedAccount } from '../../domain/account/account-state.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/storage.ts';
import { snapshotOf } from '../replay/snapshot.ts';

const AT_ONCE = 500;

/** Writes snapshots behind the answers' back: nobody waits for one, and one that fails is made again by the next reader. */
export class Snapshotter {
  #waiting: OpenedAccount[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly log: Log,
  ) {}

  keep(accounts: readonly OpenedAccount[]): void {
    if (accounts.length === 0) return;
    this.#waiting.push(...accounts);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when nothing is left to write. */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // First let the answers out that are waiting for this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, AT_ONCE));
    // In the same turn as the last look at what is waiting: what comes behind it must start anew, and not wait for nobody.
    this.#writing = undefined;
  }

  async #write(accounts: readonly OpenedAccount[]): Promise<void> {
    try {
      await this.storage.snapshots.put(accounts.map(snapshotOf));
    } catch (error) {
      this.log.warn({ err: error, count: accounts.length }, 'snapshots not written');
    }
  }
}
