import { Connection } from './connection.ts';
import type { LoadPlan } from './load-plan.ts';

/** Connections for an open load: as many as are needed at once, up to a limit; whoever wants one more has to wait. */
export class Connections {
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  #waiting: ((connection: Connection) => void)[] = [];

  constructor(
    private readonly plan: LoadPlan,
    private readonly limit: number,
  ) {}

  // Not a promise where none is needed: a request that is due shall not wait for its turn in the event loop.
  take(): Connection | Promise<Connection> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#all.length === this.limit) return new Promise((resolve) => this.#waiting.push(resolve));
    const connection = new Connection(this.plan);
    this.#all.push(connection);
    return connection;
  }

  give(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next) next(connection);
    else this.#free.push(connection);
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}

/** Does something with each of these, so many at a time, each worker on a connection of its own. */
export const forEachOnConnections = async (
  plan: LoadPlan,
  { workers, items }: { readonly workers: number; readonly items: number },
  action: (connection: Connection, item: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const work = async (): Promise<void> => {
    const connection = new Connection(plan);
    try {
      for (let item = next++; item < items; item = next++) await action(connection, item);
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, items) }, work));
};
