import type { Command } from '../application/commands/command.ts';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { CommandRejected, LedgerError } from '../application/commit/ledger-error.ts';
import { type LedgerDoor, submitAlone } from '../application/ledger.ts';
import type { CommandOutcome, ProcessMetrics } from './process-metrics.ts';

/** Counts what becomes of the commands that go through a door. */
export class MeteredDoor implements LedgerDoor {
  constructor(
    private readonly door: LedgerDoor,
    private readonly metrics: ProcessMetrics,
  ) {}

  get waiting(): number {
    return this.door.waiting;
  }

  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  async submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    try {
      const outcomes = await this.door.submitTogether(submission);
      outcomes.forEach(({ replayed }, index) => this.#count(submission[index], replayed ? 'replayed' : 'accepted'));
      return outcomes;
    } catch (error) {
      this.#countError(submission, error);
      throw error;
    }
  }

  #countError(submission: Submission, error: unknown): void {
    // Those that fall together with the one that was rejected were never decided.
    if (error instanceof CommandRejected) this.#count(submission[error.index], 'rejected', error.rejection.code);
    else {
      const code = error instanceof LedgerError ? error.code : 'INTERNAL_ERROR';
      for (const command of submission) this.#count(command, 'failed', code);
    }
  }

  #count(command: Command | undefined, outcome: CommandOutcome, code?: string): void {
    if (command) this.metrics.settled(command.wish.type, outcome, code);
  }
}
