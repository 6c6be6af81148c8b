import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LedgerDoor } from './application/ledger.ts';
import { type CommandAddress, serveCommands } from './committer/command-server.ts';
import type { MetricsExchange } from './metrics/process-exchange.ts';
import type { RunningServer } from './server.ts';
import { wordsOf } from './terminal.ts';

/** What a worker is told, in this order: where to begin, and when to end. */
export type Order =
  | {
      readonly mongoUri: string;
      readonly commands: CommandAddress;
      /** Whether callers are asked who they are. */
      readonly mustAsk: boolean;
    }
  | { readonly stopWithin: number };

/** What a worker says: that it can be told where to begin; then that it listens; or why it cannot. */
export type WorkerReport = { readonly isReady: true } | { readonly url: string } | { readonly reason: string };

/** A worker could not begin; the message says why. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
}

const PAUSE_BEFORE_ANOTHER = 1_000;
const GRACE = 1_000;

/** The next that a worker says. Rejects with WorkerFailed where it ends instead. */
const nextReport = async (worker: Worker): Promise<WorkerReport> => {
  const ended = once(worker, 'exit').then((): WorkerReport => ({ reason: 'A worker ended before it listened.' }));
  const said = once(worker, 'message').then(([message]) => message as WorkerReport);
  const report = await Promise.race([said, ended]);
  if ('reason' in report) throw new WorkerFailed(report.reason);
  return report;
};

/** The workers of this process: they share one port, and whatever commands they take are carried out here. */
class Workers {
  readonly #running = new Set<Worker>();
  #isEnding = false;

  constructor(
    private readonly beginning: Order,
    private readonly options: Pick<Options, 'report' | 'exchange'>,
  ) {}

  async start(): Promise<string> {
    const worker = cluster.fork();
    this.#running.add(worker);
    // What goes wrong with one is said by its end.
    worker.on('error', () => undefined).once('exit', () => this.#running.delete(worker));
    await nextReport(worker);
    // One that cannot be told has ended, and that is heard.
    worker.send(this.beginning, () => undefined);
    const report = await nextReport(worker);
    this.options.exchange.include(worker);
    worker.once('exit', (code: number | null, signal: string | null) => this.#replace(code ?? signal ?? 'unknown'));
    return 'url' in report ? report.url : '';
  }

  /** Lets each finish what it has, and ends it when that takes too long. */
  async stop(timeout: number): Promise<void> {
    this.#isEnding = true;
    const order: Order = { stopWithin: timeout };
    const ends = [...this.#running].map(async (worker) => {
      const kill = setTimeout(() => worker.process.kill('SIGKILL'), timeout + GRACE);
      worker.send(order, () => undefined);
      if (!worker.isDead()) await once(worker, 'exit');
      clearTimeout(kill);
    });
    await Promise.all(ends);
  }

  #replace(how: string | number): void {
    if (this.#isEnding) return;
    this.options.report(`A worker ended (${how}); starting another.`);
    setTimeout(() => {
      if (!this.#isEnding) this.start().catch((error: unknown) => this.#replace(wordsOf(error)));
    }, PAUSE_BEFORE_ANOTHER);
  }
}

type Options = {
  readonly count: number;
  readonly mongoUri: string;
  readonly mustAsk: boolean;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  readonly exchange: MetricsExchange;
};

/**
 * Starts processes that take requests on one port and hand the commands in them to `door`. One that ends is replaced. Rejects with
 * WorkerFailed.
 */
export const startWorkers = async (
  door: LedgerDoor,
  { count, mongoUri, mustAsk, ...options }: Options,
): Promise<RunningServer> => {
  const commands = await serveCommands(door, '127.0.0.1');
  // Node's round robin shares connections evenly, which a common listening socket does not. Its price: a connection that is being given to
  // a worker as it dies is neither answered nor closed.
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.js', import.meta.url)), args: [] });
  const workers = new Workers({ mongoUri, mustAsk, commands: commands.address }, options);
  const close = async (timeout: number): Promise<void> => {
    await workers.stop(timeout);
    await commands.close();
  };
  try {
    const urls = await Promise.all(Array.from({ length: count }, () => workers.start()));
    return { url: urls[0] as string, close };
  } catch (error) {
    await close(GRACE);
    throw error;
  }
};
