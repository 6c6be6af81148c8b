import type { Command } from './commands/command.ts';
import type { Outcome, Submission } from './commit/decide-batch.ts';
import { CommandRejected, LedgerError } from './commit/ledger-error.ts';
import type { BatchSettler, Pending } from './commit/settle-batch.ts';
import type { Clock } from './ports/clock.ts';

export type LedgerLimits = {
  /** Commands in one transaction at most. */
  readonly batch: number;
  /** Commands waiting at most; more are refused at once. */
  readonly queue: number;
  /** Milliseconds after which a command is not begun any more. */
  readonly commandTimeout: number;
};

/** What writers see of the ledger, wherever it is. */
export type LedgerDoor = Pick<Ledger, 'submit' | 'submitTogether' | 'waiting'>;

/** A submission of one command, whose rejection is the rejection of that command. */
export const submitAlone = async (door: Pick<Ledger, 'submitTogether'>, command: Command): Promise<Outcome> => {
  try {
    const [outcome] = await door.submitTogether([command]);
    return outcome as Outcome;
  } catch (error) {
    throw error instanceof CommandRejected ? error.rejection : error;
  }
};

const SWEEP_INTERVAL = 250;

/**
 * The one door for every write. Commands that arrive while a batch is being committed form the next one, so a batch never
 * waits for company and a busy ledger pays for one transaction where it would pay for hundreds (group commit, ADR 0003).
 */
export class Ledger {
  #queue: Pending[] = [];
  #waiting = 0;
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
    return this.#waiting;
  }

  /**
   * Decides and records one command, and gives the answer that was stored with it. Rejects with a DomainError where a rule
   * said no, or a LedgerError: OVERLOADED, UNAVAILABLE, CONCURRENCY_CONFLICT (nothing happened), OUTCOME_UNKNOWN.
   */
  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  /**
   * The same for commands that stand or fall together: they are decided in their order, each on what those before it leave behind,
   * and recorded in one transaction. Rejects with CommandRejected, naming the first that a rule said no to, or a LedgerError.
   */
  submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    if (!this.#open) return Promise.reject(new LedgerError('UNAVAILABLE'));
    if (this.#waiting + submission.length > this.limits.queue) return Promise.reject(new LedgerError('OVERLOADED'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ submission, deadline: this.clock.now() + this.limits.commandTimeout, resolve, reject });
      this.#waiting += submission.length;
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
      await this.settler.settle(this.#take(this.#sizeOfBatch()));
    }
    // In the same turn as the last look at the queue: a command behind it must start anew, and not wait for nobody.
    this.#committing = undefined;
  }

  // As long as each turn of the event loop brings more, what has arrived on other sockets is still being read: it joins this batch.
  // Nobody waits for what has not arrived: a turn that brings nothing ends it.
  async #gather(): Promise<void> {
    let gathered = 0;
    while (this.#waiting > gathered && gathered < this.limits.batch) {
      gathered = this.#waiting;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** How many submissions make the next batch. What stands or falls together is never divided, however large it is. */
  #sizeOfBatch(): number {
    let commands = 0;
    const beyond = this.#queue.findIndex(({ submission }) => (commands += submission.length) > this.limits.batch);
    return beyond === -1 ? this.#queue.length : Math.max(1, beyond);
  }

  #take(count: number): readonly Pending[] {
    const taken = this.#queue.splice(0, count);
    for (const { submission } of taken) this.#waiting -= submission.length;
    return taken;
  }

  // Those in front wait longest, so the first that has time left ends the search.
  #dropExpired(): void {
    const now = this.clock.now();
    const inTime = this.#queue.findIndex(({ deadline }) => deadline >= now);
    const expired = this.#take(inTime === -1 ? this.#queue.length : inTime);
    for (const pending of expired) pending.reject(new LedgerError('UNAVAILABLE'));
  }
}
