import { setTimeout as sleep } from 'node:timers/promises';
import { faultsOf } from '../faults/all-faults.ts';
import type { FaultKind } from '../faults/fault.ts';
import { Scheduler } from '../faults/scheduler.ts';
import type { Ordeal } from './ordeal.ts';

const CALM_MS = 2_000;

/** One fault a second. */
export const faultsFor =
  (seconds: number, kinds: readonly FaultKind[]): Ordeal =>
  async ({ stage, options, recovery, clients, faultCounts: counts }) => {
    const { seed, report } = options;
    const scheduler = new Scheduler({ faults: faultsOf(kinds), stage, seed, recovery, counts, report });
    clients.start(options.clients);
    await scheduler.run(seconds * 1_000);
    report('Every fault is healed; the clients end what they have begun.');
    await sleep(CALM_MS);
    await clients.stop();
  };
