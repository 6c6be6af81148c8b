import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter, RetryReason } from '../application/ports/meter.ts';
import type { PoolMeter } from '../storage/mongo/watch-pool.ts';

/** What became of a command: `replayed` is the first answer once more; `failed` had nothing to do with rules. */
export type CommandOutcome = 'accepted' | 'replayed' | 'rejected' | 'failed';

const WAITING = 'daybook_commands_waiting';

type Answered = { readonly method: string; readonly route: string; readonly status: number };

/** What this process does, counted in memory. */
export class ProcessMetrics implements Meter, PoolMeter {
  readonly registry = new Registry();
  readonly #registers = [this.registry];
  readonly #commands = new Counter({
    name: 'daybook_commands_total',
    help: 'Commands by what became of them; code: why it was rejected or failed.',
    labelNames: ['type', 'outcome', 'code'] as const,
    registers: this.#registers,
  });
  readonly #requests = new Histogram({
    name: 'daybook_http_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: this.#registers,
  });
  readonly #batches = new Histogram({
    name: 'daybook_batch_commands',
    help: 'Commands that were committed in one transaction.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000],
    registers: this.#registers,
  });
  readonly #commits = new Histogram({
    name: 'daybook_commit_duration_seconds',
    help: 'One transaction, from its first statement until it was durable.',
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: this.#registers,
  });

  readonly #retries = new Counter({
    name: 'daybook_batch_retries_total',
    help: 'Batches that were decided again: another was faster, the store was away for a moment, or what stood in the way was looked for.',
    labelNames: ['reason'] as const,
    registers: this.#registers,
  });
  readonly #accounts = new Counter({
    name: 'daybook_account_cache_total',
    help: 'Accounts that commands were about: hit, in memory; miss, read from the store.',
    labelNames: ['outcome'] as const,
    registers: this.#registers,
  });
  readonly #connectionsInUse = new Gauge({
    name: 'daybook_mongo_connections_in_use',
    help: 'Connections to MongoDB on which something is done; DAYBOOK_MONGO_POOL of each process at most.',
    aggregator: 'sum',
    registers: this.#registers,
  });
  readonly #connectionWaits = new Histogram({
    name: 'daybook_mongo_connection_wait_seconds',
    help: 'How long an operation waited for a connection to MongoDB.',
    buckets: [0.0001, 0.001, 0.01, 0.1, 1, 10],
    registers: this.#registers,
  });

  readonly #refused = new Gauge({
    name: 'daybook_journal_refused',
    help: '1 where the journal is not what was signed, and nothing more is: somebody has to look.',
    aggregator: 'max',
    registers: this.#registers,
  });
  isSealingRefused = false;
  #onSealingRefused: ((isRefused: boolean) => void) | undefined;

  /** Counts what Node says of itself as well. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** `waiting` is asked at each scrape; in place of whoever was asked before. */
  watchLine(waiting: () => number): void {
    this.registry.removeSingleMetric(WAITING);
    new Gauge({
      name: WAITING,
      help: 'Commands without an outcome; of several processes, where most are.',
      aggregator: 'max',
      registers: this.#registers,
      collect() {
        this.set(waiting());
      },
    });
  }

  readonly committed = (commands: number, seconds: number): void => {
    this.#batches.observe(commands);
    this.#commits.observe(seconds);
  };

  readonly retried = (reason: RetryReason): void => this.#retries.inc({ reason });

  readonly accountsWanted = (known: number, unknown: number): void => {
    if (known > 0) this.#accounts.inc({ outcome: 'hit' }, known);
    if (unknown > 0) this.#accounts.inc({ outcome: 'miss' }, unknown);
  };

  readonly connectionTaken = (seconds: number): void => {
    this.#connectionsInUse.inc();
    this.#connectionWaits.observe(seconds);
  };

  readonly connectionGivenBack = (): void => this.#connectionsInUse.dec();

  readonly sealingRefused = (isRefused: boolean): void => {
    this.isSealingRefused = isRefused;
    this.#refused.set(isRefused ? 1 : 0);
    this.#onSealingRefused?.(isRefused);
  };

  /** Calls back whenever it is said whether the journal must not be signed; in place of whoever heard it before. */
  onSealingRefused(callback: (isRefused: boolean) => void): void {
    this.#onSealingRefused = callback;
  }

  readonly answered = (labels: Answered, seconds: number): void => this.#requests.observe(labels, seconds);

  settled(type: string, outcome: CommandOutcome, code = ''): void {
    this.#commands.inc({ type, outcome, code });
  }
}
