import type { StreamId } from '../../domain/account/account-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/storage.ts';
import { Alarm, type Found } from './alarm.ts';
import { AUDIT, type AuditState, type CheckpointRow, checkpointsTable } from './audit-row.ts';

export type AuditParts = { readonly storage: Storage; readonly clock: Clock; readonly log: Log };

const nothingYet: AuditState = {
  pass: 1,
  accounts: 0,
  events: 0,
  auditedAccounts: 0,
  drift: [],
  more: 0,
  moreBefore: 0,
};

// What was done since is done again by whoever takes over. News are written at once.
const LONGEST_UNWRITTEN = 5_000;

/** Where the audit stands, and what it knows, as it is stored: whoever goes on begins with that. */
export class AuditRecord {
  readonly alarm: Alarm;
  #state: AuditState;
  #writtenAt = performance.now();

  private constructor(
    private readonly parts: AuditParts,
    private found: CheckpointRow | undefined,
  ) {
    this.#state = found?.state ?? nothingYet;
    this.position = found?.position ?? '';
    this.alarm = new Alarm(parts.log, this.#state);
  }

  /** The stream behind which the walk goes on. */
  position: string;

  /** Rejects with StorageUnavailable. */
  static async open(parts: AuditParts): Promise<AuditRecord> {
    return new AuditRecord(parts, await parts.storage.table(checkpointsTable).get(AUDIT));
  }

  /** An account was audited. Rejects with VersionConflict where another process goes on with this walk, with StorageUnavailable. */
  async passed(streamId: StreamId, events: number, isNews: boolean): Promise<void> {
    this.position = streamId;
    this.#state = { ...this.#state, accounts: this.#state.accounts + 1, events: this.#state.events + events };
    if (isNews || performance.now() - this.#writtenAt > LONGEST_UNWRITTEN) await this.write();
  }

  /** As `passed`, for what belongs to no account that there is. */
  async heard(found: Found): Promise<void> {
    if (this.alarm.hear(found)) await this.write();
  }

  /** All accounts were audited: the next walk begins. Rejects as `passed` does. */
  async endPass(): Promise<void> {
    this.alarm.endPass();
    const { accounts } = this.#state;
    const auditedAt = new Date(this.parts.clock.now());
    this.#state = { ...this.#state, accounts: 0, events: 0, auditedAt, auditedAccounts: accounts };
    this.position = '';
    await this.write();
  }

  /** Rejects as `passed` does. */
  async write(): Promise<void> {
    const { storage } = this.parts;
    const { found } = this;
    this.#state = { ...this.#state, ...this.alarm.known };
    const row = { _id: AUDIT, position: this.position, beat: (found?.beat ?? 0) + 1, state: this.#state };
    const write = found ? ({ kind: 'swap', found, row } as const) : ({ kind: 'insert', row } as const);
    await storage.transactionally((work) => storage.table(checkpointsTable).write(work, [write]));
    this.found = row;
    this.#writtenAt = performance.now();
  }
}
