import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Account } from '../../domain/account/account-state.ts';
import { type Change, type Projection, writesOf } from '../../projections/projection.ts';
import type { ReadModels } from '../ports/storage.ts';
import type { Row } from '../ports/table.ts';
import type { Transactionally } from '../ports/unit-of-work.ts';
import { changesOf } from './account-history.ts';

/** Where a rebuild writes: read models of its own, beside the live ones. */
export type Shadow = ReadModels & { readonly transactionally: Transactionally };

// Fewer take longer for each change, and the API beside them waits no less (ADR 0020).
const CHANGES_AT_ONCE = 500;

/** Projects events into a shadow, many at a time. */
export class ShadowWriter {
  #buffer: Change[] = [];
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shadow: Shadow,
    private readonly projections: readonly Projection<Row>[],
  ) {}

  /** What these events make of the account; gives it as it is behind them. Rejects as the write before did, with BrokenStream. */
  async project(account: Account, events: readonly RecordedEvent[]): Promise<Account> {
    const changes = changesOf(account, events);
    this.#buffer.push(...changes);
    while (this.#buffer.length >= CHANGES_AT_ONCE) await this.#flush();
    return changes.at(-1)?.after ?? account;
  }

  /** Resolves when everything is written. */
  async settle(): Promise<void> {
    while (this.#buffer.length > 0) await this.#flush();
    await this.#writing;
  }

  /** What comes next is read while this is being written. Rejects as the write before did. */
  async #flush(): Promise<void> {
    await this.#writing;
    const changes = this.#buffer.splice(0, CHANGES_AT_ONCE);
    this.#writing = this.#keep(changes);
    // Whoever waits for it hears of its failure.
    this.#writing.catch(() => undefined);
  }

  async #keep(changes: readonly Change[]): Promise<void> {
    await this.shadow.transactionally(async (work) => {
      for (const projection of this.projections) {
        const writes = writesOf(projection, changes);
        if (writes.length > 0) await this.shadow.table(projection.table).write(work, writes);
      }
    });
  }
}
