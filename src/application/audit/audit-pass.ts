import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { Finding, Tell } from '../ports/finding.ts';
import { checkStrangers } from '../verify/check-strangers.ts';
import { StreamCheck } from '../verify/stream-check.ts';
import type { VerifyParts } from '../verify/verify-parts.ts';
import type { Found } from './alarm.ts';
import type { AuditRecord } from './audit-record.ts';
import type { Pace } from './pace.ts';
import { toldText } from './told-text.ts';

const STREAMS_AT_ONCE = 100;

// Few, so that no command waits for more than a moment.
const EVENTS_AT_ONCE = 200;

// Of one account, or of all rows that no account gives: the others are counted.
const MOST_TOLD = 10;

// A database that has just changed its primary may for a moment answer with what was.
const BEFORE_ANOTHER_LOOK = 500;

class FirstFindings implements Found {
  readonly first: Finding[] = [];
  count = 0;

  readonly tell: Tell = (finding) => {
    this.count += 1;
    if (this.first.length < MOST_TOLD) this.first.push(finding);
  };
}

/** One walk through all accounts, from where the record stands, and through the rows that belong to none. */
export class AuditPass {
  readonly #parts: VerifyParts;

  constructor(
    parts: Pick<VerifyParts, 'storage' | 'projections'>,
    private readonly record: AuditRecord,
    private readonly pace: Pace,
  ) {
    const reading = { atOnce: EVENTS_AT_ONCE, pace: pace.spend };
    this.#parts = { storage: parts.storage, projections: parts.projections, reading, textOf: toldText };
  }

  /** Rejects with VersionConflict where another process goes on with this walk, with StorageUnavailable, or where the pace ends it. */
  async run(): Promise<void> {
    for (;;) {
      const streams = await this.#parts.storage.events.streamsBehind(this.record.position, STREAMS_AT_ONCE);
      if (streams.length === 0) break;
      for (const streamId of streams) await this.#audit(streamId);
    }
    await this.record.heard(await this.#twice(() => this.#strangers()));
    await this.record.endPass();
  }

  async #audit(streamId: StreamId): Promise<void> {
    let events = 0;
    const found = await this.#twice(async () => {
      const findings = new FirstFindings();
      ({ events } = await new StreamCheck(this.#parts, streamId, findings.tell).run());
      return findings;
    });
    const isNews = this.record.alarm.hearOf(accountIdOf(streamId), found);
    await this.pace.spendAccount();
    await this.record.passed(streamId, events, isNews);
  }

  async #strangers(): Promise<Found> {
    const findings = new FirstFindings();
    await checkStrangers(this.#parts.storage, findings.tell, { atOnce: EVENTS_AT_ONCE, pace: this.pace.spend });
    return findings;
  }

  /** What nobody knows yet must be found twice. */
  async #twice(look: () => Promise<Found>): Promise<Found> {
    const found = await look();
    if (this.record.alarm.knows(found)) return found;
    await this.pace.rest(BEFORE_ANOTHER_LOOK);
    return look();
  }
}
