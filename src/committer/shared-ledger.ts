import type { Command } from '../application/commands/command.ts';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { CommandRejected, LedgerError } from '../application/commit/ledger-error.ts';
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
      return error.wasSent ? this.#repeat(submission, error) : this.own.submitTogether(submission);
    }
  }

  /**
   * What was sent may have been carried out, or still be: with its key it is not carried out twice. So a yes of ours is final. A no is
   * none, as long as the other may say yes.
   */
  async #repeat(submission: Submission, lost: CommitterLost): Promise<readonly Outcome[]> {
    if (!isRepeatable(submission)) throw new LedgerError('OUTCOME_UNKNOWN', { cause: lost });
    try {
      return await this.own.submitTogether(submission);
    } catch (error) {
      if (!(error instanceof CommandRejected || error instanceof LedgerError)) throw error;
      throw new LedgerError('OUTCOME_UNKNOWN', { cause: error });
    }
  }
}
