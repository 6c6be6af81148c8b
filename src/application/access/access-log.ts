import { newId } from '../new-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/storage.ts';
import { type RowWrite, tableName } from '../ports/table.ts';

export const accessOutcomes = ['done', 'unauthenticated', 'forbidden', 'not_own'] as const;

/** An administrator's act, a proposal or its end, or an access that was refused. */
export type AccessEntry = {
  /** The id of the principal; `unknown` where nobody knows. */
  readonly actor: string;
  /** What was asked for, such as `createKey`; `propose` where a command was proposed. */
  readonly what: string;
  /** Its address, such as `POST /v1/admin/keys`, or the script that did it. */
  readonly route: string;
  /** The address that it came from. */
  readonly from: string;
  /** `not_own`: something that is missing or another owner's. */
  readonly outcome: (typeof accessOutcomes)[number];
  readonly requestId: string;
  /** The key, account, owner, transfer or proposal that it was about. */
  readonly about?: string;
};

/** With how often it happened, where only that was counted. `_id` is a UUID v7. */
export type AccessLogRow = AccessEntry & { readonly _id: string; readonly at: Date; readonly count?: number };

export const accessLogTable = tableName<AccessLogRow>('access_log');

export const accessLogRowOf = (entry: AccessEntry, at: Date): AccessLogRow => ({ _id: newId(), at, ...entry });

const MINUTE = 60_000;
const FLUSH_AFTER = 200;

/** Refusals of one principal from one address in a minute that are written down one by one. */
export const REFUSALS_EACH = 20;

/** The same for all of them together, in one process. */
const REFUSALS_OF_ALL = 1_000;

// What is waiting to be written while the store is away, at most.
const MOST_WAITING = 10_000;

type Counted = { readonly entry: AccessEntry; times: number; written: number };

const EVERYBODY_ELSE = { actor: 'others', from: 'various', requestId: 'various' };

/**
 * Writes down who was refused what, behind the request's back: nobody waits for it. A flood is counted instead: beyond a number of
 * refusals in a minute, one row at the end of that minute says how many more there were.
 */
export class AccessLog {
  #waiting: AccessLogRow[] = [];
  #counted = new Map<string, Counted>();
  #writtenByAll = 0;
  #minuteEnds = 0;
  #writing: Promise<void> = Promise.resolve();
  #timer: { readonly dueAt: number; readonly timeout: NodeJS.Timeout } | undefined;
  #hasFailed = false;

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** An act of an administrator that changed nothing: it is written down however many there are. */
  note(entry: AccessEntry): void {
    this.#push(accessLogRowOf(entry, new Date(this.clock.now())));
  }

  refuse(entry: AccessEntry): void {
    this.#turnMinute();
    const counted = this.#countedFor(entry);
    counted.times += 1;
    if (counted.written < REFUSALS_EACH && this.#writtenByAll < REFUSALS_OF_ALL) {
      counted.written += 1;
      this.#writtenByAll += 1;
      this.note(entry);
    } else this.#wake(MINUTE);
  }

  /** The latest first, behind the entry `after`. */
  list(
    where: { readonly actor?: string; readonly outcome?: AccessEntry['outcome'] },
    { limit, after }: { readonly limit: number; readonly after?: string },
  ): Promise<readonly AccessLogRow[]> {
    const page = { limit, ...(after !== undefined && { after: [after] }) };
    return this.storage.table(accessLogTable).range({ where, order: ['_id'], direction: 'desc', ...page });
  }

  /** Resolves when all that has happened so far is written down, or cannot be. */
  async settle(): Promise<void> {
    this.#endMinute();
    await this.#flush();
    clearTimeout(this.#timer?.timeout);
  }

  #countedFor(entry: AccessEntry): Counted {
    const name = `${entry.actor} ${entry.from} ${entry.outcome}`;
    const known = this.#counted.get(name);
    if (known) return known;
    const isCrowded = this.#counted.size >= REFUSALS_OF_ALL;
    const kept = isCrowded ? `others ${entry.outcome}` : name;
    // Of a crowd none is written down by itself.
    const before = isCrowded ? REFUSALS_EACH : 0;
    const counted = this.#counted.get(kept) ?? {
      entry: isCrowded ? { ...entry, ...EVERYBODY_ELSE } : entry,
      times: before,
      written: before,
    };
    this.#counted.set(kept, counted);
    return counted;
  }

  #turnMinute(): void {
    const left = this.#minuteEnds - this.clock.now();
    // More than a minute is left where the clock was set back.
    if (left > 0 && left <= MINUTE) return;
    this.#endMinute();
    this.#minuteEnds = this.clock.now() + MINUTE;
  }

  /** What was only counted becomes one row for each who was refused. */
  #endMinute(): void {
    const at = new Date(this.clock.now());
    for (const { entry, times, written } of this.#counted.values()) {
      const { about: _about, ...rest } = entry;
      if (times > written) this.#push({ ...accessLogRowOf(rest, at), count: times - written });
    }
    this.#counted = new Map();
    this.#writtenByAll = 0;
  }

  #push(row: AccessLogRow): void {
    if (this.#waiting.length >= MOST_WAITING) this.log.error({ outcome: row.outcome }, 'access log is full');
    else this.#waiting.push(row);
    this.#wake(FLUSH_AFTER);
  }

  #wake(after: number): void {
    const dueAt = performance.now() + after;
    if (this.#timer && this.#timer.dueAt <= dueAt) return;
    clearTimeout(this.#timer?.timeout);
    const timeout = setTimeout(() => {
      this.#timer = undefined;
      this.#turnMinute();
      if (this.#counted.size > 0) this.#wake(MINUTE);
      void this.#flush();
    }, after).unref();
    this.#timer = { dueAt, timeout };
  }

  #flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const rows = this.#waiting;
    if (rows.length === 0) return;
    this.#waiting = [];
    try {
      const missing = this.#hasFailed ? await this.#missingOf(rows) : rows;
      const writes = missing.map((row): RowWrite<AccessLogRow> => ({ kind: 'insert', row }));
      await this.storage.transactionally((work) => this.storage.table(accessLogTable).write(work, writes));
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      this.log.error({ err: error, rows: rows.length }, 'access log not written');
      this.#waiting = [...rows, ...this.#waiting].slice(0, MOST_WAITING);
      this.#wake(FLUSH_AFTER * 10);
    }
  }

  /** What failed may have been written all the same. */
  async #missingOf(rows: readonly AccessLogRow[]): Promise<readonly AccessLogRow[]> {
    const written = await this.storage.table(accessLogTable).getMany(rows.map(({ _id }) => _id));
    const known = new Set(written.map(({ _id }) => _id));
    return rows.filter(({ _id }) => !known.has(_id));
  }
}
