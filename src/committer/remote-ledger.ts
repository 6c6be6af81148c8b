import type { Command } from '../application/commands/command.ts';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import { LedgerError } from '../application/commit/ledger-error.ts';
import { type LedgerDoor, submitAlone } from '../application/ledger.ts';
import { CommandClient, CommitterLost } from './command-client.ts';
import type { CommandAddress } from './command-server.ts';

/** The ledger of another process. One that fell silent and comes back is called again. */
export class RemoteLedger implements LedgerDoor {
  #committer: CommandClient | undefined;
  #calling: Promise<boolean> | undefined;

  constructor(private readonly address: CommandAddress) {}

  get waiting(): number {
    return this.#committer?.waiting ?? 0;
  }

  /** Whether it answers. */
  call(): Promise<boolean> {
    this.#calling ??= this.#connect().finally(() => (this.#calling = undefined));
    return this.#calling;
  }

  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  async submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    if (!this.#committer?.isOpen) await this.call();
    if (!this.#committer) throw new LedgerError('UNAVAILABLE');
    try {
      return await this.#committer.submitTogether(submission);
    } catch (error) {
      if (!(error instanceof CommitterLost)) throw error;
      throw new LedgerError(error.wasSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE', { cause: error });
    }
  }

  /** Hangs up when everything is answered. */
  close(): void {
    this.#committer?.leave();
  }

  async #connect(): Promise<boolean> {
    this.#committer = await CommandClient.connect(this.address);
    return this.#committer !== undefined;
  }
}
