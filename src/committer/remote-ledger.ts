import type { Command } from '../application/commands/command.ts';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { LedgerError } from '../application/commit/ledger-error.ts';
import { type LedgerDoor, submitAlone } from '../application/ledger.ts';
import { type CommandClient, CommitterLost } from './command-client.ts';

/** The ledger of another process. */
export class RemoteLedger implements LedgerDoor {
  constructor(private readonly committer: CommandClient) {}

  get waiting(): number {
    return this.committer.waiting;
  }

  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  async submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    try {
      return await this.committer.submitTogether(submission);
    } catch (error) {
      if (!(error instanceof CommitterLost)) throw error;
      throw new LedgerError(error.wasSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE', { cause: error });
    }
  }
}
