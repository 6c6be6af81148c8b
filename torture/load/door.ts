import { type Answer, Connection, type LoadRequest } from '../../src/load/connection.ts';
import type { ApiNode } from '../servers/api-node.ts';

// Longer than a process is ever stopped, with all that the API itself waits for behind it.
export const PATIENCE_MS = 60_000;

/** An answer, with when its request was sent and when it was there. */
export type Timed = { readonly answer: Answer; readonly sent: number; readonly answered: number };

/** The way of clients into one API process: as many connections as are used at once. */
export class Door {
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];

  constructor(readonly node: ApiNode) {}

  /** Never rejects. */
  async send(request: LoadRequest): Promise<Timed> {
    const connection = this.#free.pop() ?? this.#open();
    const sent = performance.now();
    const answer = await connection.send(request);
    const answered = performance.now();
    this.#free.push(connection);
    return { answer, sent, answered };
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Connection {
    const connection = new Connection({ url: this.node.url, timeout: PATIENCE_MS });
    this.#all.push(connection);
    return connection;
  }
}
