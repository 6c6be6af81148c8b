import type { Connection, mongo } from 'mongoose';
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
   * Whoever asks while it is being found out shares the next answer. Rejects with StorageUnavailable.
   */
  confirm(): Promise<void> {
    this.#next ??= this.#ask(this.#last);
    return this.#next;
  }

  async #ask(last: Promise<unknown>): Promise<void> {
    await last.catch(() => undefined);
    this.#last = this.#next ?? last;
    this.#next = undefined;
    if (!(await this.#isAloneNow())) await reading(() => this.#readLinearizably());
  }

  /** In a set with one member that can be primary there is no other to be taken for it. */
  async #isAloneNow(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedMembersAt < MEMBERS_KNOWN_MS) return this.#isAlone;
    const { hosts = [], passives = [] } = await reading(
      () => this.#database.command({ hello: 1 }, { readPreference: 'primary' }) as Promise<Hello>,
    );
    this.#askedMembersAt = now;
    this.#isAlone = hosts.length + passives.length === 1;
    return this.#isAlone;
  }

  /** The primary answers once a majority has heard of it after it has read; where it is cut off, not at all. */
  async #readLinearizably(): Promise<void> {
    const concern = { readConcern: { level: 'linearizable' }, readPreference: 'primary' } as const;
    // Any document will do, also one that there is not.
    await this.#database
      .collection<{ _id: string }>('leases')
      .findOne({ _id: '' }, { ...concern, maxTimeMS: this.timeout });
  }
}
