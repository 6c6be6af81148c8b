import type { Connection, mongo } from 'mongoose';
import { StorageUnavailable } from '../../application/ports/storage-errors.ts';
import { databaseOf } from './connection.ts';
import { reading } from './mongo-errors.ts';

type Hello = { readonly hosts?: readonly string[]; readonly passives?: readonly string[] };

// Members seldom come and go.
const MEMBERS_KNOWN_MS = 10_000;

/**
 * Whether the primary that is asked is still the one of the majority. One that is cut off from the others, or was stopped and goes on, takes
 * itself for the primary until it hears otherwise, and what is read from it lacks what the next one has acknowledged since (ADR 0027).
 */
export class CurrentPrimary {
  readonly #database: mongo.Db;
  #next: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isAlone = false;
  #askedMembersAt = -Infinity;

  constructor(
    connection: Connection,
    private readonly timeout: number,
  ) {
    this.#database = databaseOf(connection);
  }

  /**
   * Resolves when it was at some moment from now on: the driver goes back to none that was primary before it, so what is read then is not older.
   * Whoever asks while it is being found out shares the next answer. Rejects with StorageUnavailable, after twice the time-out at the latest.
   */
  confirm(): Promise<void> {
    this.#next ??= this.#ask(this.#last);
    return this.#next;
  }

  async #ask(last: Promise<unknown>): Promise<void> {
    await last.catch(() => undefined);
    this.#last = this.#next ?? last;
    this.#next = undefined;
    // Of the whole round: the driver tries again, and each of its steps may take that long.
    const signal = AbortSignal.timeout(this.timeout);
    try {
      await reading(() => this.#round(signal));
    } catch (cause) {
      throw signal.aborted
        ? new StorageUnavailable('the primary has not shown in time that it still is', { cause })
        : cause;
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    if (!(await this.#isAloneNow(signal))) await this.#readLinearizably(signal);
  }

  /** In a set with one member that can be primary there is no other to be taken for it. */
  async #isAloneNow(signal: AbortSignal): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedMembersAt < MEMBERS_KNOWN_MS) return this.#isAlone;
    const options = { readPreference: 'primary', signal } as const;
    const { hosts = [], passives = [] } = (await this.#database.command({ hello: 1 }, options)) as Hello;
    this.#askedMembersAt = now;
    this.#isAlone = hosts.length + passives.length === 1;
    return this.#isAlone;
  }

  /** The primary answers once a majority has heard of it after it has read; where it is cut off, not at all. */
  async #readLinearizably(signal: AbortSignal): Promise<void> {
    const concern = { readConcern: { level: 'linearizable' }, readPreference: 'primary' } as const;
    // Any document will do, also one that there is not.
    const leases = this.#database.collection<{ _id: string }>('leases');
    await leases.findOne({ _id: '' }, { ...concern, maxTimeMS: this.timeout, signal });
  }
}
