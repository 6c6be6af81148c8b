import type { Command } from './commands/command.ts';
import type { Outcome, Submission } from './commit/decide-batch.ts';
import { CommandRejected, LedgerError } from './commit/ledger-error.ts';
import type { BatchSettler } from './commit/settle-batch.ts';
import { type Waiting, WaitingLine } from './commit/waiting-line.ts';

export type LedgerLimits = {
  /** Commands in one transaction at most. */
  readonly batch: number;
  /** Transactions at the same time, at most; each about other accounts. */
  readonly lanes: number;
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

const always = (): boolean => true;

const SWEEP_INTERVAL = 250;

// So many commands cost the store about as much as the transaction around them: fewer are not divided.
const WORTH_A_TRANSACTION = 24;

// Of a crowd that has gone, half is forgotten after some thirteen batches.
const FORGETTING = 0.95;

/**
 * The one door for every write. Commands that arrive while a batch is being committed form the next one, so a batch never
 * waits for company and a busy ledger pays for one transaction where it would pay for hundreds (group commit, ADR 0003). While the
 * store works at one batch, another that has no account in common with it can be on its way too.
 */
export class Ledger {
  readonly #line = new WaitingLine();
  /** What the batches that are being committed are about. */
  readonly #busy = new Set<string>();
  #lanes = 0;
  #inFlight = 0;
  /** How many commands have been on their way or waiting at a time, lately. */
  #crowd = 0;
  #isGathering = false;
  #isOpen = true;
  #onIdle: (() => void) | undefined;
  readonly #sweeper: NodeJS.Timeout;

  constructor(
    private readonly settler: BatchSettler,
    private readonly limits: LedgerLimits,
  ) {
    this.#sweeper = setInterval(() => this.#dropExpired(), SWEEP_INTERVAL).unref();
  }

  /** Commands that wait for their batch. */
  get waiting(): number {
    return this.#line.commands;
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
   * and recorded in one transaction. What is not wanted any more when its turn comes is UNAVAILABLE: whoever asked for it may have asked
   * elsewhere since. Rejects with CommandRejected, naming the first that a rule said no to, or a LedgerError.
   */
  submitTogether(submission: Submission, isWanted = always): Promise<readonly Outcome[]> {
    if (!this.#isOpen) return Promise.reject(new LedgerError('UNAVAILABLE'));
    if (this.waiting + submission.length > this.limits.queue) return Promise.reject(new LedgerError('OVERLOADED'));
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.limits.commandTimeout;
      this.#line.push({ submission, deadline, isWanted, resolve, reject });
      this.#begin();
    });
  }

  /** Takes no more commands; resolves when the last one that was taken has its outcome. */
  async drain(): Promise<void> {
    this.#isOpen = false;
    if (!this.#isIdle()) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.settler.answered();
    clearInterval(this.#sweeper);
  }

  #isIdle(): boolean {
    return this.#lanes === 0 && this.waiting === 0;
  }

  #begin(): void {
    if (this.#isGathering || this.#lanes === this.limits.lanes) return;
    this.#isGathering = true;
    void this.#gather().then(() => {
      this.#isGathering = false;
      while (this.#mayOpenLane() && this.#openLane()) continue;
    });
  }

  // As long as each turn of the event loop brings more, what has arrived on other sockets is still being read: it joins this batch.
  // Nobody waits for what has not arrived: a turn that brings nothing ends it.
  async #gather(): Promise<void> {
    let gathered = 0;
    while (this.waiting > gathered && this.waiting < this.#fullBatch()) {
      gathered = this.waiting;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  // Not all at once: while the store commits for one half of the callers, the requests of the other half are read and answered. With
  // everybody in one batch, the store and this process would wait for each other in turn.
  #fullBatch(): number {
    return Math.min(this.limits.batch, Math.max(WORTH_A_TRANSACTION, Math.ceil(this.#crowd / 2)));
  }

  // A transaction costs much the same for one command as for many: another is worth its cost when as many wait as are on their way.
  #mayOpenLane(): boolean {
    return this.waiting > 0 && this.#lanes < this.limits.lanes && this.waiting >= this.#inFlight;
  }

  /** Sends a batch on its way; false where all that wait have to wait for one that is. */
  #openLane(): boolean {
    this.#crowd = Math.max(this.waiting + this.#inFlight, this.#crowd * FORGETTING);
    const batch = this.#line.take(this.#fullBatch(), (touched) => this.#busy.has(touched));
    if (batch.length > 0) void this.#commit(batch);
    return batch.length > 0;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const touched = batch.flatMap((waiting) => waiting.touched);
    const commands = batch.reduce((count, { submission }) => count + submission.length, 0);
    this.#lanes += 1;
    this.#inFlight += commands;
    for (const one of touched) this.#busy.add(one);
    await this.settler.settle(batch);
    for (const one of touched) this.#busy.delete(one);
    this.#inFlight -= commands;
    this.#lanes -= 1;
    if (this.waiting > 0) this.#begin();
    else if (this.#isIdle()) this.#onIdle?.();
  }

  #dropExpired(): void {
    for (const pending of this.#line.takeExpired(performance.now())) pending.reject(new LedgerError('UNAVAILABLE'));
    if (this.#isIdle()) this.#onIdle?.();
  }
}
