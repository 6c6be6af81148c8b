/** Everything that a run has started, ended in reverse order however the run ends. */
export class Closing {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #hasBegun = false;

  /**
   * Starts something, and ends it when the run does: also where the run is stopped before it is there. Rejects as `start` does,
   * and where the run is ending already.
   */
  async open<T>(start: () => Promise<T>, end: (opened: T) => Promise<unknown>): Promise<T> {
    if (this.#hasBegun) throw new Error('The run is ending.');
    const starting = start();
    // What does not come up has nothing to end, and its reason goes to whoever waits for it.
    this.#steps.push(() => starting.then(end, () => undefined));
    return starting;
  }

  /** A step that fails does not keep the others from their turn. */
  async closeAll(report: (line: string) => void): Promise<void> {
    this.#hasBegun = true;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error: unknown) => report(error instanceof Error ? error.message : String(error)));
    }
  }
}
