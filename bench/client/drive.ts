import { setTimeout as sleep } from 'node:timers/promises';
import { bookAcknowledged, bookUncertain, emptyBooks } from './books.ts';
import { Connection, type Outcome } from './connection.ts';
import type { LoadOrder, LoadResult, Pacing } from './load.ts';
import { planners, type PlannedRequest } from './work.ts';

// A server that is gone would otherwise be asked thousands of times a second.
const PAUSE_AFTER_FAILURE_MS = 100;

/** Gives the moment at which each next request is due, on the clock of `performance.now()`. */
const dueTimes = (pacing: Pacing, start: number): (() => number) => {
  if (pacing.kind === 'closed') return () => performance.now();
  let due = start - 1_000 / pacing.perSecond;
  return () => (due += 1_000 / pacing.perSecond);
};

/** A rejection did nothing. Without an answer, or with a server error, nobody knows. */
const isUncertain = (outcome: Outcome): boolean => typeof outcome === 'string' || outcome >= 500;

/** Everything that is counted while a load runs. Nothing here waits between reading a number and writing it. */
class Tally {
  readonly #latencies: number[] = [];
  readonly #outcomes: Record<string, number> = {};
  readonly #books;
  #inTime = 0;
  #errors = 0;

  constructor(
    accounts: number,
    private readonly end: number,
  ) {
    this.#books = emptyBooks(accounts);
  }

  count({ expects, postings }: PlannedRequest, outcome: Outcome, due: number): void {
    const now = performance.now();
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    if (outcome === expects) {
      this.#latencies.push(now - due);
      if (now <= this.end) this.#inTime += 1;
      bookAcknowledged(this.#books, postings);
      return;
    }
    this.#errors += 1;
    if (isUncertain(outcome)) bookUncertain(this.#books, postings);
  }

  result(): Omit<LoadResult, 'seconds' | 'cpu'> {
    const latencies = Float64Array.from(this.#latencies);
    return { latencies, inTime: this.#inTime, outcomes: this.#outcomes, errors: this.#errors, books: this.#books };
  }
}

/** Carries a load out. Resolves when every request that was begun has ended. */
export const drive = async ({ url, work, pacing, accountIds, seconds }: LoadOrder): Promise<LoadResult> => {
  const { hostname, port, host } = new URL(url);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1_000;
  const nextDue = dueTimes(pacing, start);
  const tally = new Tally(accountIds.length, end);
  const plan = planners[work];

  const client = async (): Promise<void> => {
    const connection = new Connection(hostname, Number(port));
    // Each client takes the next due time when it is free. With all of them busy it is in the past, and that wait counts.
    for (let due = nextDue(); due < end; due = nextDue()) {
      const early = due - performance.now();
      if (early > 0) await sleep(Math.ceil(early));
      const request = plan(host, accountIds);
      const outcome = await connection.send(request.text);
      tally.count(request, outcome, due);
      if (typeof outcome === 'string') await sleep(PAUSE_AFTER_FAILURE_MS);
    }
    connection.close();
  };

  await Promise.all(Array.from({ length: pacing.connections }, client));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ...tally.result(), seconds, cpu: user + system };
};
