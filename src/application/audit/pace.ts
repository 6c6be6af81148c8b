import { setTimeout as sleep } from 'node:timers/promises';

// What is read of an account beside its events costs about as much as so many of them.
const COST_OF_ACCOUNT = 30;

// For commands that wait the audit makes way, and not for ever: a ledger that is always busy is audited as well.
const LOOK_AGAIN = 5;
const LONGEST_WAY = 500;

/** Keeps the audit at so many events a second, however fast they could be read; and out of the way of commands. */
export class Pace {
  #due = performance.now();

  constructor(
    private readonly eventsPerSecond: number,
    private readonly isBusy: () => boolean,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves when more may be read. Rejects when the signal is given. */
  readonly spend = async (events: number): Promise<void> => {
    const now = performance.now();
    // Time that was not used, or that the store took, is not made up for.
    this.#due = Math.max(this.#due, now) + (events * 1_000) / this.eventsPerSecond;
    await this.rest(this.#due - now);
    for (let waited = 0; this.isBusy() && waited < LONGEST_WAY; waited += LOOK_AGAIN) await this.rest(LOOK_AGAIN);
  };

  readonly spendAccount = (): Promise<void> => this.spend(COST_OF_ACCOUNT);

  /** Rejects when the signal is given. */
  rest(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.signal });
  }
}
