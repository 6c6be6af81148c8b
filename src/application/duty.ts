/** Runs until the signal is given, and does not reject: what fails on its way it tells and tries again. */
export type Runner = { readonly run: (signal: AbortSignal) => Promise<void> };

/** What one of all processes on a ledger does in the background, for as long as it is that one. */
export class Duty {
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(private readonly runner: Runner) {}

  /** Does nothing where it runs already. */
  start(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#running = { stop, ended: this.runner.run(stop.signal) };
  }

  /** Resolves when nothing is done here any more. What is not done by then is done by whoever comes next. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.ended;
  }
}
