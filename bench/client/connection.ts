import { connect, type Socket } from 'node:net';

/** What became of a request: a status code, or the reason why there is none, such as `ECONNRESET`. */
export type Outcome = number | string;

/** How a request ended; without an answer the body is empty. */
export type Answer = { readonly outcome: Outcome; readonly body: string };

type Waiting = { readonly resolve: (answer: Answer) => void; readonly timeout: NodeJS.Timeout };

const statusLine = /^HTTP\/1\.1 (\d{3}) /;
const contentLength = /\r\ncontent-length: (\d+)\r\n/i;

// Longer than the API lets a command wait, so that it is the API that answers.
const ANSWER_LIMIT_MS = 20_000;

/**
 * One keep-alive connection with one request at a time. Written on the bare socket, because Node's own client would take a
 * notable share of the machine that it measures; whatever is not a plain answer with a length counts as `malformed`.
 */
export class Connection {
  #socket: Socket | undefined;
  #received = '';
  #waiting: Waiting | undefined;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** Sends a whole request, head and body in ASCII, and never rejects. */
  send(request: string): Promise<Answer> {
    return new Promise((resolve) => {
      const timeout = setTimeout(() => this.#settle('timeout'), ANSWER_LIMIT_MS);
      this.#waiting = { resolve, timeout };
      this.#socket ??= this.#open();
      this.#socket.write(request, 'latin1');
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    this.#received = '';
    const lost = (reason: string): void => {
      if (socket === this.#socket) this.#settle(reason);
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error: NodeJS.ErrnoException) => lost(error.code ?? error.message));
    socket.on('close', () => lost('closed'));
    return socket;
  }

  #read(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const status = statusLine.exec(this.#received)?.[1];
    const length = contentLength.exec(this.#received.slice(0, headEnd + 2))?.[1];
    const missing = headEnd + 4 + Number(length) - this.#received.length;
    if (missing > 0) return;
    const isWhole = status !== undefined && missing === 0 && this.#waiting !== undefined;
    const body = this.#received.slice(headEnd + 4);
    this.#received = '';
    if (isWhole) this.#settle(Number(status), body);
    else this.#settle('malformed');
  }

  /** A connection on which a request was left without its answer carries no other. */
  #settle(outcome: Outcome, body = ''): void {
    if (typeof outcome === 'string') this.close();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    clearTimeout(waiting.timeout);
    waiting.resolve({ outcome, body });
  }
}
