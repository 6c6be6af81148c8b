import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type Account, initialState } from '../../domain/account/account-state.ts';
import { UnknownEventShape } from '../../domain/account/upcasters.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import type { Change } from '../../projections/projection.ts';
import type { Finding, Tell } from '../ports/finding.ts';
import { changesOf, eventsOf } from '../replay/account-history.ts';
import type { Difference } from '../replay/differences.ts';
import { accountDifferences, type AccountRowFound, findAccountRow } from './account-row.ts';
import { limitFindings } from './check-limit.ts';
import { gapIn, type LastEvent, timeFindings } from './check-order.ts';
import { checkSnapshots, snapshotsBeyond } from './check-snapshots.ts';
import { checkTransactionIds } from './check-transaction-ids.ts';
import { ExpectedRows } from './expected-rows.ts';
import type { Span } from './final-rows.ts';
import { findingOf } from './row-findings.ts';
import { atOnce, type Reading, type VerifyParts } from './verify-parts.ts';

// Rows that differ while their account goes on are looked at again so often; then it is too busy to say anything of them.
const MOST_LOOKS = 100;

/** How much of a stream was looked at. */
export type StreamSeen = { readonly events: number; readonly rows: number };

/**
 * Reads one stream from its first event on, and holds everything against it that follows from it; also while it is being written. In
 * pages, and no row is kept that was found to be right.
 */
export class StreamCheck {
  readonly #rows: ExpectedRows;
  readonly #reading: Reading;
  #account: Account = initialState();
  #last: LastEvent = { version: 0 };
  #events = 0;
  #isBroken = false;

  constructor(
    private readonly parts: VerifyParts,
    private readonly streamId: StreamId,
    private readonly tell: Tell,
  ) {
    // The account itself changes with every event: its row is compared at one version of its own.
    const projections = parts.projections.filter(({ table }) => table.name !== accountsTable.name);
    this.#rows = new ExpectedRows(accountIdOf(streamId), { ...parts, projections });
    this.#reading = parts.reading ?? atOnce;
  }

  /** Gives the number of events, and of rows that they give. */
  async run(): Promise<StreamSeen> {
    try {
      const row = await findAccountRow(this.parts.storage, this.streamId);
      for await (const page of this.#pages(row.version)) await this.#check(page);
      if (!this.#isBroken) await this.#finish(row);
    } catch (error) {
      // A member of another type, or a time that is none, is no shape that anybody has written either.
      if (!(error instanceof UnknownEventShape || error instanceof TypeError || error instanceof RangeError))
        throw error;
      const at = { streamId: this.streamId };
      this.#break({ collection: 'events', at, problem: 'has an event that nobody can read', found: error.message });
    }
    return { events: this.#events, rows: this.#rows.count };
  }

  #pages(upTo?: number): AsyncGenerator<readonly RecordedEvent[], undefined> {
    const { storage } = this.parts;
    return eventsOf(storage, this.streamId, this.#last.version, { upTo, limit: this.#reading.atOnce });
  }

  async #check(page: readonly RecordedEvent[]): Promise<void> {
    const after = this.#last.version;
    for (const event of page) {
      const gap = gapIn(this.#last, event);
      [...gap, ...timeFindings(this.#last, event)].forEach(this.tell);
      this.#isBroken ||= gap.length > 0;
      this.#last = { version: event.version, recordedAt: event.recordedAt };
    }
    this.#events += page.length;
    (await this.parts.sealed?.check(page))?.forEach(this.tell);
    (await checkTransactionIds(this.parts.storage, this.streamId, page)).forEach(this.tell);
    if (!this.#isBroken) {
      const changes = page.flatMap((event) => this.#fold(event));
      await this.#compare(changes, { after, upTo: this.#last.version });
    }
    await this.#reading.pace(page.length);
  }

  /**
   * What follows from a history that cannot be folded, or makes no rows, nobody knows: neither rows nor snapshots are compared from there
   * on.
   */
  #fold(event: RecordedEvent): readonly Change[] {
    if (this.#isBroken) return [];
    try {
      const changes = changesOf(this.#account, [event]);
      this.#rows.take(changes);
      changes.flatMap(limitFindings).forEach(this.tell);
      this.#account = changes.at(-1)?.after ?? this.#account;
      return changes;
    } catch (error) {
      const at = { streamId: this.streamId, version: event.version, eventId: event.eventId };
      const found = error instanceof Error ? error.message : String(error);
      this.#break({ collection: 'events', at, problem: 'cannot be folded', found });
      return [];
    }
  }

  #break(finding: Finding): void {
    this.tell(finding);
    this.#isBroken = true;
  }

  async #compare(changes: readonly Change[], span: Span): Promise<void> {
    const [snapshots, differences] = await Promise.all([
      checkSnapshots(this.parts.storage, this.streamId, changes),
      // Where an event could not be folded, nobody knows which rows are too many.
      this.#isBroken ? [] : this.#rows.settleNew(span),
    ]);
    snapshots.forEach(this.tell);
    this.#tellOf(differences);
  }

  async #finish(row: AccountRowFound): Promise<void> {
    this.#tellOf(accountDifferences(this.#account, row));
    const beyond = await snapshotsBeyond(this.parts.storage, this.streamId, this.#last.version);
    beyond.forEach(this.tell);
    this.#tellOf(await this.#settled());
    if (!this.#isBroken) this.#tellOf(await this.#rows.beyond(this.#last.version));
  }

  /** Of the rows that are still different, those that no event explains. Rows are read first: what is in them is in the stream by then. */
  async #settled(): Promise<readonly Difference[]> {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const differences = await this.#rows.settle();
      if (differences.length === 0) return [];
      const next = await this.#pages().next();
      if (next.done) return differences;
      await this.#check(next.value);
      if (this.#isBroken) return [];
    }
    return [];
  }

  #tellOf(differences: readonly Difference[]): void {
    for (const difference of differences) this.tell(findingOf(difference, this.parts.textOf));
  }
}
