import { setTimeout as sleep } from 'node:timers/promises';
import type { Projection } from '../../projections/projection.ts';
import { VersionConflict } from '../ports/storage-errors.ts';
import type { Row } from '../ports/table.ts';
import { AuditPass } from './audit-pass.ts';
import { type AuditParts, AuditRecord } from './audit-record.ts';
import { Pace } from './pace.ts';

export type AuditorParts = AuditParts & {
  readonly projections: readonly Projection<Row>[];
  readonly eventsPerSecond: number;
  /** Whether commands wait. */
  readonly isBusy: () => boolean;
};

const BETWEEN_PASSES = 2_000;
const BEFORE_ANOTHER_TRY = 5_000;

/**
 * Holds all read models against the events, account after account, again and again, as long as it runs. What fails is tried again for
 * ever. Should two of them run on one ledger, the one that is overtaken begins again where the other is.
 */
export class Auditor {
  constructor(private readonly parts: AuditorParts) {}

  /** Until the signal is given; not at all where no events are to be read. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.parts.eventsPerSecond === 0) return;
    while (!signal.aborted) {
      await this.#audit(signal).catch((error: unknown) => this.#say(error, signal));
      await sleep(BEFORE_ANOTHER_TRY, undefined, { signal }).catch(() => undefined);
    }
  }

  async #audit(signal: AbortSignal): Promise<void> {
    const record = await AuditRecord.open(this.parts);
    const pace = new Pace(this.parts.eventsPerSecond, this.parts.isBusy, signal);
    try {
      for (;;) {
        await new AuditPass(this.parts, record, pace).run();
        await pace.rest(BETWEEN_PASSES);
      }
    } finally {
      // So that whoever goes on need not do it again. Who cannot write leaves that to them.
      if (signal.aborted) await record.write().catch(() => undefined);
    }
  }

  #say(error: unknown, { aborted }: AbortSignal): void {
    const { log } = this.parts;
    if (aborted) return;
    if (error instanceof VersionConflict) log.info({}, 'another process audits: going on where it is');
    else log.warn({ err: error, again: BEFORE_ANOTHER_TRY }, 'the audit cannot go on now: trying again');
  }
}
