import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Runner } from './application/duty.ts';
import type { Log } from './application/ports/log.ts';

/** What the thread is given to begin with; told anything at all, it ends. */
export type SealerOrder = { readonly mongoUri: string };

/** What the thread says: whether the journal must not be signed. */
export type SealerReport = { readonly isRefused: boolean };

type Parts = {
  readonly log: Log;
  readonly onRefusal: (isRefused: boolean) => void;
};

const PAUSE_BEFORE_ANOTHER = 1_000;
// A block that is being put into the journal gets there in this time, or is put there by whoever comes next.
const GRACE = 5_000;

/**
 * Seals on a thread of its own, with a connection of its own: reading, hashing and storing what was committed takes a seventh of the
 * time that the process has for a command, and commands wait for none of it (ADR 0012). A thread that ends by itself is replaced.
 */
export class SealerThread implements Runner {
  constructor(
    private readonly mongoUri: string,
    private readonly parts: Parts,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#one(signal);
      await sleep(PAUSE_BEFORE_ANOTHER, undefined, { signal }).catch(() => undefined);
    }
    // Whoever seals now says it.
    this.parts.onRefusal(false);
  }

  /** From its start to its end. */
  async #one(signal: AbortSignal): Promise<void> {
    const { log, onRefusal } = this.parts;
    const workerData: SealerOrder = { mongoUri: this.mongoUri };
    // What profiles or debugs this process has nothing to say there.
    const thread = new Worker(new URL('./seal.js', import.meta.url), { workerData, execArgv: [] });
    thread.on('message', ({ isRefused }: SealerReport) => onRefusal(isRefused));
    thread.on('error', (err) => log.error({ err }, 'the thread that seals the journal has ended: starting another'));
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const stop = (): void => {
      thread.postMessage('stop');
      setTimeout(() => void thread.terminate(), GRACE).unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    await ended;
    signal.removeEventListener('abort', stop);
  }
}
