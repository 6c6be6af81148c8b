import type { Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client';
import type { ProcessMetrics } from './process-metrics.ts';

// The workers of one process share one port, so that each scrape reaches one of them: that one asks the process that forked it, which
// asks them all, and shows the sum. Whether the journal must not be signed they are told, for that is asked of them as well.

type Metrics = readonly MetricObject[];

/** Of the exchange, and not of the life of a worker. */
export type ExchangeMessage =
  | { readonly ask: number }
  | { readonly asked: number; readonly metrics: readonly Metrics[] }
  | { readonly isSealingRefused: boolean };

export const isExchange = (message: unknown): message is ExchangeMessage =>
  typeof message === 'object' &&
  message !== null &&
  ('ask' in message || 'asked' in message || 'isSealingRefused' in message);

const PATIENCE = 1_000;

/** Questions that wait for their answer. */
class Questions {
  readonly #waiting = new Map<number, (metrics: readonly Metrics[]) => void>();
  #last = 0;

  /** No metrics where nobody answers in time. */
  async ask(send: (message: ExchangeMessage) => void): Promise<readonly Metrics[]> {
    const id = (this.#last += 1);
    const answer = new Promise<readonly Metrics[]>((resolve) => this.#waiting.set(id, resolve));
    send({ ask: id });
    const metrics = await Promise.race([answer, sleep(PATIENCE, [], { ref: false })]);
    this.#waiting.delete(id);
    return metrics;
  }

  hear({ asked, metrics }: Extract<ExchangeMessage, { asked: number }>): void {
    this.#waiting.get(asked)?.(metrics);
  }
}

const own = async (registry: Registry): Promise<readonly Metrics[]> => [await registry.getMetricsAsJSON()];

/** On the side of a worker: gives what all processes count together, in the text format of Prometheus. */
export const metricsOfAll = (metrics: ProcessMetrics, send: (message: ExchangeMessage) => void) => {
  const questions = new Questions();
  const { registry } = metrics;
  process.on('message', (message) => {
    if (!isExchange(message)) return;
    if ('isSealingRefused' in message) metrics.sealingRefused(message.isSealingRefused);
    else if ('asked' in message) questions.hear(message);
    else void own(registry).then((counted) => send({ asked: message.ask, metrics: counted }));
  });
  return async (): Promise<string> => {
    const all = await questions.ask(send);
    // Nobody but ourselves, where the process that forked this one is too busy to answer.
    const told = all.length > 0 ? all : await own(registry);
    return AggregatorRegistry.aggregate(told as MetricObject[][]).metrics();
  };
};

/** On the side of the process that forked the workers: answers each of them for all. */
export class MetricsExchange {
  readonly #workers = new Map<Worker, Questions>();

  constructor(private readonly metrics: ProcessMetrics) {
    metrics.onSealingRefused((isSealingRefused) => {
      for (const worker of this.#workers.keys()) this.#send(worker, { isSealingRefused });
    });
  }

  /** To be called when the worker takes requests. */
  include(worker: Worker): void {
    const questions = new Questions();
    this.#workers.set(worker, questions);
    worker.once('exit', () => this.#workers.delete(worker));
    worker.on('message', (message: unknown) => {
      if (!isExchange(message) || 'isSealingRefused' in message) return;
      if ('asked' in message) questions.hear(message);
      else void this.#answer(worker, message.ask);
    });
    this.#send(worker, { isSealingRefused: this.metrics.isSealingRefused });
  }

  async #answer(worker: Worker, asked: number): Promise<void> {
    const others = [...this.#workers].map(([other, questions]) =>
      questions.ask((message) => this.#send(other, message)),
    );
    const metrics = (await Promise.all([own(this.metrics.registry), ...others])).flat();
    this.#send(worker, { asked, metrics });
  }

  // One that cannot be told has ended.
  #send(worker: Worker, message: ExchangeMessage): void {
    worker.send(message, () => undefined);
  }
}
