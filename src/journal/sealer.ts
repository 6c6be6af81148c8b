import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailable, VersionConflict } from '../application/ports/storage-errors.ts';
import { JournalWentBack } from './go-on-from.ts';
import { type SealerParts, Sealing } from './sealing.ts';
import { SignedCheckpointUnusable } from './signed-checkpoint.ts';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

const REFUSED = 'the journal is not signed any more: somebody has to look at it';

const isRefusal = (error: unknown): boolean =>
  error instanceof JournalWentBack || error instanceof SignedCheckpointUnusable;

const NOT_NOW = 'the journal cannot be sealed now: trying again';

/**
 * Puts all events into the journal, in the order of their commits, as long as it runs. What fails is tried again for ever, from the last
 * block on. Any number of them may run on one ledger: each block has one place, and whoever comes second begins again behind the winner's.
 */
export class Sealer {
  constructor(private readonly parts: SealerParts) {}

  /** Until the signal is given. What is not sealed by then is sealed by whoever comes next. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        const sealing = await Sealing.begin(this.parts, signal);
        this.parts.onRefusal?.(false);
        await sealing.run();
      } catch (error) {
        if (isRefusal(error)) this.parts.onRefusal?.(true);
        pause = performance.now() - begun > LONGEST_PAUSE ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
        this.#say(error, pause);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #say(error: unknown, pause: number): void {
    const { log } = this.parts;
    if (error instanceof VersionConflict) log.info({}, 'another process has sealed the next block: going on behind it');
    else if (error instanceof StorageUnavailable) log.warn({ err: error, again: pause }, NOT_NOW);
    else log.error({ err: error, again: pause }, isRefusal(error) ? REFUSED : NOT_NOW);
  }
}
