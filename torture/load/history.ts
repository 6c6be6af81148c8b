import { type BalanceReading, type Command, CommandRecord, type TrialBalanceReading } from './command.ts';

/** Everything that clients have done and heard, to be held against the ledger. */
export class History {
  readonly commands: CommandRecord[] = [];
  readonly readings: BalanceReading[] = [];
  readonly trialBalances: TrialBalanceReading[] = [];
  /** What acknowledged commands have brought into the bank. */
  net = 0;
  acknowledged = 0;
  replays = 0;

  begin(command: Command): CommandRecord {
    const record = new CommandRecord(command, performance.now());
    this.commands.push(record);
    return record;
  }

  acknowledge(record: CommandRecord, body: string, answered: number): void {
    record.answers.push(body);
    if (record.acknowledged !== undefined) return;
    record.acknowledged = answered;
    this.acknowledged += 1;
    this.net += record.command.net;
  }

  /** Those of which no client knows what became of them. */
  get unsettled(): readonly CommandRecord[] {
    return this.commands.filter(({ isSettled }) => !isSettled);
  }
}
