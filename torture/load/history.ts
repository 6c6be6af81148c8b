import { type BalanceReading, type Command, CommandRecord } from './command.ts';

/** A look at what the bank may hold while something is being read. */
export type Watch = {
  /** What acknowledged commands had brought into the bank when the watch began. */
  readonly net: number;
  /** Ends it; gives the commands whose effect may or may not be seen by what was read meanwhile. */
  readonly stop: () => readonly CommandRecord[];
};

/** Everything that clients have done and heard, to be held against the ledger. */
export class History {
  readonly commands: CommandRecord[] = [];
  readonly readings: BalanceReading[] = [];
  readonly #pending = new Set<CommandRecord>();
  readonly #watchers = new Set<Set<CommandRecord>>();
  /** What acknowledged commands have brought into the bank. */
  net = 0;
  acknowledged = 0;
  replays = 0;

  begin(command: Command): CommandRecord {
    const record = new CommandRecord(command, performance.now());
    this.commands.push(record);
    this.#pending.add(record);
    for (const watcher of this.#watchers) watcher.add(record);
    return record;
  }

  acknowledge(record: CommandRecord, body: string, answered: number): void {
    record.answers.push(body);
    if (record.acknowledged !== undefined) return;
    record.acknowledged = answered;
    this.acknowledged += 1;
    this.net += record.command.net;
    this.#pending.delete(record);
  }

  refuse(record: CommandRecord, refusal: NonNullable<CommandRecord['refusal']>): void {
    record.refusal = refusal;
    if (refusal.isSure) this.#pending.delete(record);
  }

  /** Those of which no client knows what became of them. */
  get unsettled(): readonly CommandRecord[] {
    return this.commands.filter(({ isSettled }) => !isSettled);
  }

  watch(): Watch {
    const watcher = new Set(this.#pending);
    this.#watchers.add(watcher);
    const stop = (): readonly CommandRecord[] => {
      this.#watchers.delete(watcher);
      return [...watcher];
    };
    return { net: this.net, stop };
  }
}
