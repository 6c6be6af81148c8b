import type { Command } from '../application/commands/command.ts';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { LedgerError } from '../application/commit/ledger-error.ts';
import { type Ledger, type LedgerDoor, submitAlone } from '../application/ledger.ts';
import { type CommandClient, CommitterLost } from './command-client.ts';

/** Whether asking again cannot make it happen twice. */
const isRepeatable = (submission: Submission): boolean =>
  submission.every(({ envelope }) => envelope.idempotency !== undefined);

/**
 * The ledger, wherever it is committed: by another process as long as one does it for all, and here otherwise. Any two processes may
 * commit to one ledger; that one does it for all keeps them from deciding on accounts that the other is just changing (ADR 0011).
 */
export class SharedLedger implements LedgerDoor {
  #committer: CommandClient | undefined;

  constructor(private readonly own: Ledger) {}

  /** From now on this one commits; undefined: we do. */
  follow(committer: CommandClient | undefined): void {
    this.#committer = committer;
  }

  get waiting(): number {
    return this.own.waiting + (this.#committer?.waiting ?? 0);
  }

  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  async submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    if (!this.#committer?.isOpen) return this.own.submitTogether(submission);
    try {
      return await this.#committer.submitTogether(submission);
    } catch (error) {
      if (!(error instanceof CommitterLost)) throw error;
      // It may have been carried out. With its key it is not carried out again, and here is who can tell.
      if (!error.wasSent || isRepeatable(submission)) return this.own.submitTogether(submission);
      throw new LedgerError('OUTCOME_UNKNOWN', { cause: error });
    }
  }
}
