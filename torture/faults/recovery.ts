/** Measures how long the ledger takes to be written to again after its primary is gone. */
export class Recovery {
  /** Milliseconds from the loss of a primary to the answer to the first command that was sent after it and done, by fault. */
  readonly times: { readonly fault: string; readonly milliseconds: number }[] = [];
  #lost: { readonly fault: string; readonly at: number } | undefined;

  get isUnderWay(): boolean {
    return this.#lost !== undefined;
  }

  primaryLost(fault: string, at: number): void {
    this.#lost = { fault, at };
  }

  /** A command that was sent then has been carried out. */
  readonly written = (sent: number): void => {
    if (!this.#lost || sent < this.#lost.at) return;
    const { fault, at } = this.#lost;
    this.#lost = undefined;
    this.times.push({ fault, milliseconds: performance.now() - at });
  };

  /** The longest after faults of this name. */
  longest(fault: string): number {
    return Math.max(0, ...this.times.filter((time) => time.fault === fault).map(({ milliseconds }) => milliseconds));
  }
}
