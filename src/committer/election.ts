import { VersionConflict } from '../application/ports/storage-errors.ts';
import type { Storage } from '../application/ports/storage.ts';
import type { RowWrite } from '../application/ports/table.ts';
import { COMMITTER, type LeaseRow, leasesTable, NOBODY } from './lease.ts';

export type Candidate = Omit<LeaseRow, '_id' | 'beat'>;

const BEAT = 1_000;
// Counted on the clock of the one that waits, from the last change that it has seen: no two clocks are compared.
const LEASE = 3_000;

/**
 * Agrees with the other processes on one that commits for all. A matter of speed alone: two that believe to be the one conflict in
 * the store now and then, and decide again, as any two processes do.
 */
export class Election {
  #seen: { readonly row: LeaseRow; readonly since: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly me: Candidate,
    /** Hears after every look who holds the lease; undefined where the store did not say. */
    private readonly onHolder: (row: LeaseRow | undefined) => void,
  ) {}

  /** Resolves after the first look. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#next(), BEAT).unref();
    this.#next();
    await this.#looking;
  }

  /** Leaves the lease to the next one, without making it wait. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    const found = this.#seen?.row;
    if (found?.holder !== this.me.holder) return;
    // Nothing is removed: what the API may do in the database ends before that.
    await this.#write({ kind: 'swap', found, row: { ...found, holder: NOBODY } });
  }

  #next(): void {
    // A store that is away makes a look take longer than a beat: none waits behind another.
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
  }

  async #look(): Promise<void> {
    try {
      const found = await this.storage.table(leasesTable).get(COMMITTER);
      const row = await this.#claim(found);
      if (!row || !this.#hasSeen(row)) this.#seen = row && { row, since: performance.now() };
      this.onHolder(row);
    } catch {
      // The store is away: whoever needs it hears so, with more to say about it.
      this.onHolder(undefined);
    }
  }

  /** Takes a lease that is free or has run out, and renews our own. Gives the row as it is then. */
  async #claim(found: LeaseRow | undefined): Promise<LeaseRow | undefined> {
    if (!found) return this.#write({ kind: 'insert', row: this.#ours(1) });
    const isFree = found.holder === NOBODY || this.#hasRunOut(found);
    if (found.holder !== this.me.holder && !isFree) return found;
    return this.#write({ kind: 'swap', found, row: this.#ours(found.beat + 1) });
  }

  #ours(beat: number): LeaseRow {
    return { _id: COMMITTER, ...this.me, beat };
  }

  #hasSeen({ holder, beat }: LeaseRow): boolean {
    return this.#seen?.row.holder === holder && this.#seen.row.beat === beat;
  }

  #hasRunOut(row: LeaseRow): boolean {
    return this.#seen !== undefined && this.#hasSeen(row) && performance.now() - this.#seen.since > LEASE;
  }

  /** The row that was written; undefined where somebody else was faster. */
  async #write(write: RowWrite<LeaseRow>): Promise<LeaseRow | undefined> {
    try {
      await this.storage.transactionally((work) => this.storage.table(leasesTable).write(work, [write]));
      return 'row' in write ? write.row : undefined;
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }
}
