import { unmetered } from '../../src/application/ports/meter.ts';
import { untraced } from '../../src/application/ports/tracer.ts';
import { AccountCache } from '../../src/application/commit/account-cache.ts';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import { BatchSettler, type Pending } from '../../src/application/commit/settle-batch.ts';
import { Snapshotter } from '../../src/application/commit/snapshotter.ts';
import type { Command } from '../../src/application/commands/command.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { Log } from '../../src/application/ports/log.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { systemClock } from '../../src/compose.ts';
import { apiWording } from '../../src/http/presenters/answers.ts';
import { projections } from '../../src/projections/index.ts';

export type Settling = {
  readonly storage: Storage;
  readonly log: Log;
  readonly accountCache: number;
  readonly keepKeysFor: number;
  /** Left out, the machine's. */
  readonly clock?: Clock;
};

/** Writes snapshots behind the answers' back, as the ledger does. */
export const snapshotterOver = ({ storage, log }: Pick<Settling, 'storage' | 'log'>): Snapshotter =>
  new Snapshotter(storage, log);

/** The ledger's own way from commands to outcomes, without its queue: for whoever forms batches otherwise. */
export const settlerOver = (settling: Settling, snapshotter = snapshotterOver(settling)): BatchSettler => {
  const { storage, log, accountCache, keepKeysFor, clock = systemClock } = settling;
  return new BatchSettler({
    storage,
    projections,
    accounts: new AccountCache(storage, snapshotter, accountCache),
    snapshotter,
    wording: apiWording,
    clock,
    log,
    meter: unmetered,
    tracer: untraced,
    random: Math.random,
    keepKeysFor,
  });
};

/** Settles these commands as one batch, at once and whatever else is being settled. Each has its own outcome. */
export const settleTogether = (
  settler: BatchSettler,
  commands: readonly Command[],
  timeout: number,
): readonly Promise<Outcome>[] => {
  const deadline = performance.now() + timeout;
  const batch: Pending[] = [];
  const outcomes = commands.map(
    (command) =>
      new Promise<Outcome>((resolve, reject) => {
        const first = ([outcome]: readonly Outcome[]): void => resolve(outcome as Outcome);
        batch.push({ submission: [command], deadline, isWanted: () => true, resolve: first, reject });
      }),
  );
  void settler.settle(batch);
  return outcomes;
};
