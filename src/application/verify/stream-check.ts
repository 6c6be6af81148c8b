import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type Account, initialState } from '../../domain/account/account-state.ts';
import { UnknownEventShape } from '../../domain/account/upcasters.ts';
import type { Change } from '../../projections/projection.ts';
import type { Finding } from '../ports/finding.ts';
import { changesOf, eventsOf } from '../replay/account-history.ts';
import { gapIn, type LastEvent, timeFindings } from './check-order.ts';
import { checkSnapshots, snapshotsBeyond } from './check-snapshots.ts';
import { ExpectedRows } from './expected-rows.ts';
import { findingsOf, settledDifferences } from './row-findings.ts';
import type { VerifyParts } from './verify-parts.ts';

/** What came out of one stream. */
export type StreamSeen = { readonly findings: readonly Finding[]; readonly events: number; readonly rows: number };

/** Reads one stream from its first event on, and holds everything against it that follows from it. */
export class StreamCheck {
  readonly #findings: Finding[] = [];
  readonly #rows: ExpectedRows;
  #account: Account = initialState();
  #last: LastEvent = { version: 0 };
  #events = 0;
  #isBroken = false;

  constructor(
    private readonly parts: VerifyParts,
    private readonly streamId: StreamId,
  ) {
    this.#rows = new ExpectedRows(accountIdOf(streamId), parts);
  }

  async run(): Promise<StreamSeen> {
    try {
      for await (const page of eventsOf(this.parts.storage, this.streamId)) await this.#check(page);
    } catch (error) {
      // A member of another type is no shape that anybody has written either.
      if (!(error instanceof UnknownEventShape || error instanceof TypeError)) throw error;
      const at = { streamId: this.streamId };
      this.#break({ collection: 'events', at, problem: 'has an event that nobody can read', found: error.message });
    }
    if (!this.#isBroken) await this.#finish();
    return { findings: this.#findings, events: this.#events, rows: this.#rows.compared };
  }

  async #check(page: readonly RecordedEvent[]): Promise<void> {
    const after = this.#last.version;
    for (const event of page) {
      const gap = gapIn(this.#last, event);
      this.#findings.push(...gap, ...timeFindings(this.#last, event));
      this.#isBroken ||= gap.length > 0;
      this.#last = { version: event.version, recordedAt: event.recordedAt };
    }
    this.#events += page.length;
    this.#findings.push(...(await this.parts.sealed.check(page)));
    const upTo = this.#last.version;
    if (!this.#isBroken)
      await this.#compare(
        page.flatMap((event) => this.#fold(event)),
        { after, upTo },
      );
  }

  /**
   * What follows from a history that cannot be folded, or makes no rows, nobody knows: neither rows nor snapshots are compared from there
   * on.
   */
  #fold(event: RecordedEvent): readonly Change[] {
    if (this.#isBroken) return [];
    try {
      const changes = changesOf(this.#account, [event]);
      this.#rows.add(changes);
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
    this.#findings.push(finding);
    this.#isBroken = true;
  }

  async #compare(changes: readonly Change[], span: { readonly after: number; readonly upTo: number }): Promise<void> {
    const [snapshots, differences] = await Promise.all([
      checkSnapshots(this.parts.storage, this.streamId, changes),
      // Where an event could not be folded, nobody knows which rows are too many.
      this.#isBroken ? [] : this.#rows.settleFinal(span),
    ]);
    this.#findings.push(...snapshots, ...findingsOf(differences));
  }

  async #finish(): Promise<void> {
    const { version } = this.#last;
    const differences = await this.#rows.settle();
    const [settled, beyond, rowsBeyond] = await Promise.all([
      settledDifferences(this.parts, { streamId: this.streamId, version, differences }),
      snapshotsBeyond(this.parts.storage, this.streamId, version),
      this.#rows.beyond(version),
    ]);
    this.#findings.push(...findingsOf([...settled, ...rowsBeyond]), ...beyond);
  }
}
