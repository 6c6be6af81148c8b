import { connect, type Socket } from 'node:net';
import type { Outcome, Submission } from '../application/commit/decide-batch.ts';
import type { CommandAddress } from './command-server.ts';
import { Frames } from './frames.ts';
import { introduce } from './introduction.ts';
import { errorOf, type Reply, type Request } from './messages.ts';

/** The process that commits has gone or fallen silent. What was sent to it may or may not have been carried out. */
export class CommitterLost extends Error {
  override readonly name = 'CommitterLost';

  constructor(readonly wasSent: boolean) {
    super('the process that commits does not answer');
  }
}

type Waiting = {
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: Error) => void;
};

const PING_INTERVAL = 500;
// One that leaves so many unanswered is stopped or cut off: its callers must not wait for it. Counted, not timed, because a pause of
// this process is no silence of the other.
const UNANSWERED_PINGS = 4;
const CONNECT_LIMIT = 1_000;

const opened = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    const giveUp = setTimeout(() => resolve(false), CONNECT_LIMIT);
    const settle = (isOpen: boolean) => () => {
      clearTimeout(giveUp);
      resolve(isOpen);
    };
    socket.once('connect', settle(true)).once('close', settle(false));
  });

/** A connection to the process that commits. */
export class CommandClient {
  readonly #frames: Frames<Reply, Request>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pinging: NodeJS.Timeout;
  #lastId = 0;
  #unansweredPings = 0;
  #isOpen = true;

  private constructor(private readonly socket: Socket) {
    this.#frames = new Frames<Reply, Request>(socket, (replies) => this.#hear(replies));
    this.#pinging = setInterval(() => this.#ping(), PING_INTERVAL);
    socket.once('close', () => this.#end());
    socket.resume();
  }

  /** Undefined where nobody is there, or nobody who knows us. */
  static async connect({ host, port, token }: CommandAddress): Promise<CommandClient | undefined> {
    const socket = connect({ host, port });
    // What went wrong is said by `close`.
    socket.on('error', () => undefined);
    const isKnown = (await opened(socket)) && (await introduce(socket, token));
    if (isKnown && !socket.destroyed) return new CommandClient(socket);
    socket.destroy();
    return undefined;
  }

  /** Whether it takes more. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Commands without an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** As `Ledger.submitTogether`. Rejects with CommitterLost too. */
  submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    if (!this.#isOpen) return Promise.reject(new CommitterLost(false));
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#frames.send({ id, submission });
    });
  }

  /** Takes no more, and hangs up when everything is answered. */
  leave(): void {
    this.#isOpen = false;
    if (this.#waiting.size === 0) this.socket.end();
  }

  #hear(replies: readonly Reply[]): void {
    this.#unansweredPings = 0;
    for (const reply of replies) {
      if ('id' in reply) this.#settle(reply);
      else if ('bye' in reply) this.#isOpen = false;
    }
    if (!this.#isOpen) this.leave();
  }

  #settle(reply: Extract<Reply, { id: number }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('outcomes' in reply) waiting?.resolve(reply.outcomes);
    else waiting?.reject(errorOf(reply.failure));
  }

  #ping(): void {
    // What is still on its way shall not arrive after all, when others have decided without it.
    if (this.#unansweredPings === UNANSWERED_PINGS) this.socket.resetAndDestroy();
    else this.#frames.send({ ping: (this.#unansweredPings += 1) });
  }

  #end(): void {
    this.#isOpen = false;
    clearInterval(this.#pinging);
    for (const { reject } of this.#waiting.values()) reject(new CommitterLost(true));
    this.#waiting.clear();
  }
}
