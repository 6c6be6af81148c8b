import { Breaches } from './breaches.ts';
import type { Stage } from './faults/fault.ts';
import { Recovery } from './faults/recovery.ts';
import { BankTotals } from './load/bank-totals.ts';
import { Bank } from './load/bank.ts';
import { Clients } from './load/clients.ts';
import type { Door } from './load/door.ts';
import { History } from './load/history.ts';
import { Judge } from './load/judge.ts';
import { Sender } from './load/sender.ts';
import { Wishes } from './load/wishes.ts';

export type RunOptions = {
  readonly seed: number;
  readonly clients: number;
  readonly electionTimeout: number;
  /** Where the logs are to be left. */
  readonly keep?: string;
  /** Takes one line of progress. */
  readonly report: (line: string) => void;
};

/** Everything that plays the clients of one run. */
export class Play {
  readonly bank = new Bank();
  readonly history = new History();
  readonly recovery = new Recovery();
  /** What was done to the ledger, by name. */
  readonly faultCounts: Record<string, number> = {};
  readonly wishes: Wishes;
  readonly breaches: Breaches;
  readonly judge: Judge;
  readonly sender: Sender;
  readonly totals: BankTotals;
  readonly clients: Clients;

  constructor(
    readonly stage: Stage,
    readonly doors: readonly Door[],
    readonly options: RunOptions,
  ) {
    const { seed, report } = options;
    const { bank, history } = this;
    this.breaches = new Breaches(report);
    const { breaches } = this;
    this.judge = new Judge(breaches);
    const { judge } = this;
    this.sender = new Sender({ doors, history, judge, onWrite: this.recovery.written });
    const { sender } = this;
    this.totals = new BankTotals({ uri: stage.set.uri, bank, history, judge, sender, breaches });
    this.wishes = new Wishes(bank, seed);
    const { wishes } = this;
    this.clients = new Clients({ bank, wishes, history, judge, sender, seed });
  }

  get door(): Door {
    return this.doors[0] as Door;
  }
}
