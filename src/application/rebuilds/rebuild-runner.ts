import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenStream } from '../replay/account-history.ts';
import { newId } from '../new-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { StorageForbidden, StorageUnavailable, VersionConflict, OutcomeUnknown } from '../ports/storage-errors.ts';
import type { Storage } from '../ports/storage.ts';
import { latestRebuild } from './latest-rebuild.ts';
import { RebuildRecord, RebuildTakenAway } from './rebuild-record.ts';
import {
  isRebuildId,
  isUnderWay,
  needsShadow,
  type RebuildFailure,
  type RebuildRow,
  rebuildsTable,
} from './rebuild-row.ts';
import { namesOf, RebuildRun, type RunParts } from './run-rebuild.ts';

export type RebuildRunnerParts = Omit<RunParts, 'storage'> & {
  readonly storage: Storage;
  /** The ledger, as one who may write shadows and mend read models. Not asked for before there is a rebuild. */
  readonly openForRebuilds: () => Promise<Storage>;
  readonly clock: Clock;
  readonly log: Log;
};

const BEAT = 1_000;
const LOOK = 500;
const BEFORE_ANOTHER_TRY = 5_000;

// Looks that found the same beat, not time: while the store was away, nobody could say that it was well.
const SILENT_LOOKS = 12;

/** The connection for rebuilds leads to another ledger. */
class WrongDatabase extends Error {
  override readonly name = 'WrongDatabase';
}

/** `StorageForbidden` has the sentence of the store behind it, which is for the log. */
const failureOf = (error: unknown, isStopped: boolean): RebuildFailure => {
  if (isStopped) return 'INTERRUPTED';
  if (error instanceof StorageForbidden) return 'STORAGE_FORBIDDEN';
  if (error instanceof WrongDatabase) return 'WRONG_DATABASE';
  if (error instanceof BrokenStream) return 'BROKEN_STREAM';
  const isOfStore = [StorageUnavailable, VersionConflict, OutcomeUnknown].some((kind) => error instanceof kind);
  return isOfStore ? 'STORAGE_UNAVAILABLE' : 'INTERNAL_ERROR';
};

/**
 * Runs the rebuilds that administrators ask for, one at a time, in the process that commits. Ends those whose process is gone, and
 * removes the shadows of those that are over. Should two of them run on one ledger, the record of each rebuild decides which of them it
 * belongs to.
 */
export class RebuildRunner {
  readonly #me = newId();
  #seen: { readonly row: RebuildRow; readonly looks: number } | undefined;
  #cleared = '';

  constructor(private readonly parts: RebuildRunnerParts) {}

  /** Until the signal is given. What is under way then ends as interrupted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = await this.#look(signal).then(
        () => LOOK,
        (error: unknown) => this.#say(error, signal),
      );
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const row = await latestRebuild(this.parts.storage);
    if (!row) return;
    if (isUnderWay(row)) await this.#attend(row, signal);
    await this.#clear();
  }

  async #attend(row: RebuildRow, signal: AbortSignal): Promise<void> {
    if (row.runner === undefined) await this.#carryOut(row, signal);
    else if (this.#isSilent(row)) await this.#giveUp(row);
  }

  /** Nothing is run here while somebody looks: what has our own name was left behind. */
  #isSilent(row: RebuildRow): boolean {
    const isSame = this.#seen?.row._id === row._id && this.#seen.row.beat === row.beat;
    const looks = isSame ? (this.#seen?.looks ?? 0) + 1 : 0;
    this.#seen = { row, looks };
    return row.runner === this.#me || looks >= SILENT_LOOKS;
  }

  async #giveUp(found: RebuildRow): Promise<void> {
    const { storage, log } = this.parts;
    const row = { ...found, ...this.#ended('INTERRUPTED'), beat: found.beat + 1 };
    await storage.transactionally((work) => storage.table(rebuildsTable).write(work, [{ kind: 'swap', found, row }]));
    log.warn({ rebuildId: row._id }, 'the process that ran a rebuild is gone: it has ended');
  }

  #ended(failure: RebuildFailure) {
    return { status: 'failed' as const, failure, finishedAt: new Date(this.parts.clock.now()) };
  }

  async #carryOut(found: RebuildRow, signal: AbortSignal): Promise<void> {
    const storage = await this.#open(found);
    if (!storage) return;
    const record = new RebuildRecord(storage, found);
    const stop = new AbortController();
    let beating: NodeJS.Timeout | undefined;
    try {
      const isNew = found.status === 'waiting';
      const begun = { status: 'running' as const, startedAt: new Date(this.parts.clock.now()) };
      await record.beat({ runner: this.#me, ...(isNew && begun) });
      beating = setInterval(() => void record.beat().catch((error: unknown) => stop.abort(error)), BEAT);
      const either = AbortSignal.any([signal, stop.signal]);
      if (isNew) await this.#build(record, storage, either);
      else await this.#switch(record, storage, either);
    } catch (error) {
      await this.#end(record, stop.signal.aborted ? stop.signal.reason : error, signal);
    } finally {
      clearInterval(beating);
    }
  }

  /** Undefined where that is not possible: then the rebuild has failed. */
  async #open(found: RebuildRow): Promise<Storage | undefined> {
    try {
      const storage = await this.parts.openForRebuilds();
      if (!(await storage.table(rebuildsTable).get(found._id))) throw new WrongDatabase();
      return storage;
    } catch (error) {
      await this.#end(new RebuildRecord(this.parts.storage, found), error, new AbortController().signal);
      return undefined;
    }
  }

  async #build(record: RebuildRecord, storage: Storage, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.parts;
    const { _id: rebuildId } = record.current;
    log.info({ rebuildId }, 'rebuilding read models');
    const shadow = await storage.openShadow(namesOf(this.parts.projections), rebuildId);
    const run = new RebuildRun({ ...this.parts, storage }, record, shadow, signal);
    await run.fill();
    const comparison = await run.compare();
    await record.beat({ status: 'compared', comparison, finishedAt: new Date(clock.now()) });
    log.info({ rebuildId, differences: comparison.differences }, 'rebuilt read models compared with the live ones');
  }

  async #switch(record: RebuildRecord, storage: Storage, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.parts;
    const { _id: rebuildId } = record.current;
    const shadow = storage.findShadow(namesOf(this.parts.projections), rebuildId);
    const { mended, left } = await new RebuildRun({ ...this.parts, storage }, record, shadow, signal).switchOver();
    const isWhole = left === 0;
    const end = isWhole
      ? { status: 'switched' as const, finishedAt: new Date(clock.now()) }
      : this.#ended('DIFFERENCES_LEFT');
    await record.beat({ ...end, mended });
    log.info({ rebuildId, mended, left }, 'read models mended by a rebuild');
  }

  async #end(record: RebuildRecord, error: unknown, signal: AbortSignal): Promise<void> {
    const { log } = this.parts;
    const { _id: rebuildId } = record.current;
    if (error instanceof RebuildTakenAway) {
      log.info({ rebuildId }, 'a rebuild was cancelled, or given up by another process');
      return;
    }
    const failure = failureOf(error, signal.aborted);
    if (failure !== 'INTERRUPTED') log.error({ rebuildId, err: error }, 'a rebuild has failed');
    // Where that cannot be written, whoever looks next ends it.
    await record.beat(this.#ended(failure)).catch((reason: unknown) => this.#say(reason, signal));
  }

  /** Removes the shadows of all rebuilds that are over, once for each state of the last one. */
  async #clear(): Promise<void> {
    const latest = await latestRebuild(this.parts.storage);
    const state = `${latest?._id ?? ''} ${latest?.status ?? ''}`;
    if (state === this.#cleared) return;
    try {
      await this.#dropShadows(await this.parts.openForRebuilds());
    } catch (error) {
      // Who may not look for any can have made none.
      if (!(error instanceof StorageForbidden)) throw error;
    }
    this.#cleared = state;
  }

  /** Each has a mark of its own, so that a process that was given up cannot take those of a later one away. */
  async #dropShadows(shadows: Storage): Promise<void> {
    const { storage, projections } = this.parts;
    for (const mark of await shadows.shadowMarks()) {
      if (!isRebuildId(mark)) continue;
      const row = await storage.table(rebuildsTable).get(mark);
      if (!row || !needsShadow(row)) await shadows.findShadow(namesOf(projections), mark).drop();
    }
  }

  #say(error: unknown, { aborted }: AbortSignal): number {
    const again = BEFORE_ANOTHER_TRY;
    if (!aborted) this.parts.log.warn({ err: error, again }, 'rebuilds cannot be looked after now: trying again');
    return again;
  }
}
