import { setTimeout as sleep } from 'node:timers/promises';
import { VersionConflict } from '../ports/storage-errors.ts';
import type { Storage } from '../ports/storage.ts';
import type { Transactionally, UnitOfWork } from '../ports/unit-of-work.ts';
import { type Progress, type RebuildRow, rebuildsTable } from './rebuild-row.ts';

/** Somebody has cancelled it, or given up the process that ran it: whoever still works at it stops. */
export class RebuildTakenAway extends Error {
  override readonly name = 'RebuildTakenAway';
}

type Cells = Partial<Omit<RebuildRow, '_id' | 'number' | 'beat'>>;

// Whoever cancels writes to the same row, and may be a moment before or fail itself.
const ATTEMPTS = 2;
const PAUSE = 20;

/**
 * A rebuild in the hands of the process that runs it. Every transaction of the rebuild counts its beat up, on the condition that it
 * stands where it was left: so a process that was stopped for a while, and was given up meanwhile, can write nothing more, neither into
 * its shadow nor into the live read models.
 */
export class RebuildRecord {
  #last: Promise<unknown> = Promise.resolve();
  #progress: Progress;

  constructor(
    private readonly storage: Storage,
    private row: RebuildRow,
  ) {
    this.#progress = row.progress;
  }

  get current(): RebuildRow {
    return this.row;
  }

  /** Written with the next beat. */
  advance(by: Partial<Progress>): void {
    const { events, ofEvents, accounts, rows } = this.#progress;
    const done = events + (by.events ?? 0);
    this.#progress = {
      events: done,
      // Others come while it runs.
      ofEvents: Math.max(ofEvents, by.ofEvents ?? 0, done),
      accounts: accounts + (by.accounts ?? 0),
      rows: rows + (by.rows ?? 0),
    };
  }

  /** Says that this process is well, and how far it is. Rejects with RebuildTakenAway, StorageUnavailable. */
  beat(cells: Cells = {}): Promise<void> {
    return this.#transact(() => Promise.resolve(), cells);
  }

  /** As the storage's, for as long as the rebuild is in these hands. Rejects as `beat` does, too. */
  readonly transactionally: Transactionally = (body) => this.#transact(body, {});

  /** One after the other: each is on the condition that the one before has left. */
  #transact<T>(body: (work: UnitOfWork) => Promise<T>, cells: Cells): Promise<T> {
    const done = this.#last.then(() => this.#attempt(body, cells));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #attempt<T>(body: (work: UnitOfWork) => Promise<T>, cells: Cells): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#write(body, cells);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
        await this.#mustBeOurs();
        if (attempt === ATTEMPTS) throw error;
        await sleep(PAUSE);
      }
    }
  }

  async #write<T>(body: (work: UnitOfWork) => Promise<T>, cells: Cells): Promise<T> {
    const found = this.row;
    const row = { ...found, ...cells, beat: found.beat + 1, progress: this.#progress };
    const result = await this.storage.transactionally(async (work) => {
      const done = await body(work);
      await this.storage.table(rebuildsTable).write(work, [{ kind: 'swap', found, row }]);
      return done;
    });
    this.row = row;
    return result;
  }

  async #mustBeOurs(): Promise<void> {
    const { _id: id, runner, beat } = this.row;
    const now = await this.storage.table(rebuildsTable).get(id);
    if (now?.runner !== runner || now?.beat !== beat) throw new RebuildTakenAway(`rebuild ${id} was taken away`);
  }
}
