/** From the loss of a primary to the answer to the first command that was sent after it and done. */
export type RecoveryTime = {
  readonly fault: string;
  readonly milliseconds: number;
  /** Whether nothing else was injected meanwhile. */
  readonly isAlone: boolean;
};

// With the timeouts of MongoDB's own: ten seconds until a silent primary is given up.
const LIMIT_MS = 15_000;

/** Measures how long the ledger takes to be written to again after its primary is gone. */
export class Recovery {
  readonly times: RecoveryTime[] = [];
  #lost: { readonly fault: string; readonly at: number; readonly isAlone: boolean } | undefined;

  get isUnderWay(): boolean {
    return this.#lost !== undefined;
  }

  /** Whether no other fault is to be injected now. */
  get isToBeLeftAlone(): boolean {
    return this.#lost?.isAlone === true;
  }

  /** Those that nothing disturbed and that took longer than users are promised. */
  get tooLong(): readonly RecoveryTime[] {
    return this.times.filter(({ milliseconds, isAlone }) => isAlone && milliseconds > LIMIT_MS);
  }

  primaryLost(fault: string, isAlone: boolean): void {
    this.#lost = { fault, at: performance.now(), isAlone };
  }

  /** A command that was sent then has been carried out. */
  readonly written = (sent: number): void => {
    if (!this.#lost || sent < this.#lost.at) return;
    const { fault, at, isAlone } = this.#lost;
    this.#lost = undefined;
    this.times.push({ fault, milliseconds: performance.now() - at, isAlone });
  };
}
