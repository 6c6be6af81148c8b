import type { Command } from './commands/command.ts';
import { LedgerError } from './commit/ledger-error.ts';
import type { BatchSettler, Outcome, Pending } from './commit/settle-batch.ts';
import type { Clock } from './ports/clock.ts';

export type LedgerLimits = {
  /** Commands in one transaction at most. */
  readonly batch: number;
  /** Commands waiting at most; more are refused at once. */
  readonly queue: number;
  /** Milliseconds after which a command is not begun any more. */
  readonly commandTimeout: number;
};

const SWEEP_INTERVAL = 250;

/**
 * The one door for every write. Commands that arrive while a batch is being committed form the next one, so a batch never
 * waits for company and a busy ledger pays for one transaction where it would pay for hundreds (group commit, ADR 0003).
 */
export class Ledger {
  #queue: Pending[] = [];
  #committing: Promise<void> | undefined;
  #open = true;
  readonly #sweeper: NodeJS.Timeout;

  constructor(
    private readonly settler: BatchSettler,
    private readonly clock: Clock,
    private readonly limits: LedgerLimits,
  ) {
    this.#sweeper = setInterval(() => this.#dropExpired(), SWEEP_INTERVAL).unref();
  }

  /** Commands that wait for their batch. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Decides and records one command, and gives the answer that was stored with it. Rejects with a DomainError where a rule
   * said no, or a LedgerError: OVERLOADED, UNAVAILABLE, CONCURRENCY_CONFLICT (nothing happened), OUTCOME_UNKNOWN.
   */
  submit(command: Command): Promise<Outcome> {
    if (!this.#open) return Promise.reject(new LedgerError('UNAVAILABLE'));
    if (this.#queue.length >= this.limits.queue) return Promise.reject(new LedgerError('OVERLOADED'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, deadline: this.clock.now() + this.limits.commandTimeout, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Takes no more commands; resolves when the last one that was taken has its outcome. */
  async drain(): Promise<void> {
    this.#open = false;
    while (this.#committing) await this.#committing;
    clearInterval(this.#sweeper);
  }

  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      await this.settler.settle(this.#queue.splice(0, this.limits.batch));
    }
    // In the same turn as the last look at the queue: a command behind it must start anew, and not wait for nobody.
    this.#committing = undefined;
  }

  // As long as each turn of the event loop brings more, what has arrived on other sockets is still being read: it joins this batch.
  // Nobody waits for what has not arrived: a turn that brings nothing ends it.
  async #gather(): Promise<void> {
    let gathered = 0;
    while (this.#queue.length > gathered && gathered < this.limits.batch) {
      gathered = this.#queue.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  // Those in front wait longest, so the first that has time left ends the search.
  #dropExpired(): void {
    const now = this.clock.now();
    const inTime = this.#queue.findIndex(({ deadline }) => deadline >= now);
    const expired = this.#queue.splice(0, inTime === -1 ? this.#queue.length : inTime);
    for (const pending of expired) pending.reject(new LedgerError('UNAVAILABLE'));
  }
}
