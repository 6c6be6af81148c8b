/** The run was ended from outside; the message says by what. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Rejects with Stopped on a signal, when the parent process ends, or when the run takes longer than this. */
export const stopRequested = (longestRunMinutes: number): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (reason: string): void => reject(new Stopped(reason));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
    setTimeout(() => stop(`more than ${longestRunMinutes} minutes`), longestRunMinutes * 60_000).unref();
    // A killed npm hands no signal on.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && stop('the end of its parent process'), 500).unref();
  });
