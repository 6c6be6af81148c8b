import { setTimeout as sleep } from 'node:timers/promises';
import { bookAcknowledged, bookUncertain, emptyBooks } from './books.ts';
import { type Answer, Connection, type Outcome } from './connection.ts';
import type { LoadOrder, LoadResult, Pacing } from './load.ts';
import { planners, type PlannedRequest } from './work.ts';

// A server that is gone would otherwise be asked thousands of times a second.
const PAUSE_AFTER_FAILURE_MS = 100;

/** Gives the moment at which each next request is due, on the clock of `performance.now()`. */
const dueTimes = (pacing: Pacing, start: number): (() => number) => {
  if (pacing.kind === 'closed') return () => performance.now();
  if (pacing.kind === 'once') {
    let next = start;
    return () => {
      const due = next;
      next = Infinity;
      return due;
    };
  }
  let due = start - 1_000 / pacing.perSecond;
  return () => (due += 1_000 / pacing.perSecond);
};

/** A rejection did nothing. Without an answer, or with a server error, nobody knows. */
const isUncertain = (outcome: Outcome): boolean => typeof outcome === 'string' || outcome >= 500;

const judged = ({ expects, judge }: PlannedRequest, { outcome, body }: Answer): Outcome =>
  outcome === expects && judge ? judge(body) : outcome;

/** Everything that is counted while a load runs. Nothing here waits between reading a number and writing it. */
class Tally {
  readonly #latencies: number[] = [];
  readonly #outcomes: Record<string, number> = {};
  readonly #books;
  #inTime = 0;
  #errors = 0;
  #operations = 0;
  #commands = 0;

  constructor(
    accounts: number,
    private readonly end: number,
  ) {
    this.#books = emptyBooks(accounts);
  }

  count({ expects, postings, operations, isCommand }: PlannedRequest, outcome: Outcome, due: number): void {
    const now = performance.now();
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    this.#operations += operations;
    if (outcome === expects) {
      if (isCommand) this.#commands += operations;
      this.#latencies.push(now - due);
      if (now <= this.end) this.#inTime += operations;
      bookAcknowledged(this.#books, postings);
      return;
    }
    this.#errors += 1;
    if (isUncertain(outcome)) bookUncertain(this.#books, postings);
  }

  result(): Omit<LoadResult, 'seconds' | 'clientCpu'> {
    return {
      latencies: Float64Array.from(this.#latencies),
      inTime: this.#inTime,
      operations: this.#operations,
      commands: this.#commands,
      outcomes: this.#outcomes,
      errors: this.#errors,
      books: this.#books,
    };
  }
}

type Client = { readonly connection: Connection; readonly host: string };

/**
 * Connections that the server has accepted. Node takes one new connection a turn of its event loop, so with hundreds that are busy
 * already the last ones would wait for seconds, and that is no part of any answer.
 */
const openClients = async ({ urls, pacing }: LoadOrder): Promise<readonly Client[]> => {
  const servers = urls.map((url) => new URL(url));
  const clients = Array.from({ length: pacing.connections }, (_, index) => servers[index % servers.length])
    .filter((server) => server !== undefined)
    .map(({ hostname, port, host }) => ({ connection: new Connection(hostname, Number(port)), host }));
  await Promise.all(
    clients.map(({ connection, host }) => connection.send(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  );
  return clients;
};

/** Carries a load out. Resolves when every request that was begun has ended. */
export const drive = async (order: LoadOrder): Promise<LoadResult> => {
  const { work, pacing, accountIds, seconds, operations = Infinity } = order;
  const clients = await openClients(order);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = operations === Infinity ? start + seconds * 1_000 : Infinity;
  const nextDue = dueTimes(pacing, start);
  const tally = new Tally(accountIds.length, end);
  const plan = planners[work];
  let begun = 0;

  const use = async ({ connection, host }: Client): Promise<void> => {
    // Each client takes the next due time when it is free. With all of them busy it is in the past, and that wait counts.
    for (let due = nextDue(); due < end && begun < operations; due = nextDue()) {
      const early = due - performance.now();
      if (early > 0) await sleep(Math.ceil(early));
      const request = plan(host, accountIds);
      begun += request.operations;
      const answer = await connection.send(request.text);
      tally.count(request, judged(request, answer), due);
      if (typeof answer.outcome === 'string') await sleep(PAUSE_AFTER_FAILURE_MS);
    }
    connection.close();
  };

  await Promise.all(clients.map(use));
  const { user, system } = process.cpuUsage(cpuBefore);
  const elapsed = operations === Infinity ? seconds : (performance.now() - start) / 1_000;
  return { ...tally.result(), seconds: elapsed, clientCpu: user + system };
};
