import { deserialize, serialize } from 'node:v8';
import type { Socket } from 'node:net';

const HEAD = 4;

// More than all commands that can wait at once in a usual queue; a head that says more is no head of ours.
const LONGEST_FRAME = 256 * 1_024 * 1_024;

/**
 * Values over a socket, each as its length in four bytes and then its structured clone, which knows bigint. What is sent in one turn
 * of the event loop travels together: a system call costs more than the commands in it.
 */
export class Frames<In, Out> {
  #unread: Buffer[] = [];
  #unreadLength = 0;
  #waiting: Out[] = [];

  constructor(
    private readonly socket: Socket,
    /** Takes all that arrived together. */
    private readonly onValues: (values: readonly In[]) => void,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  send(value: Out): void {
    if (this.#waiting.push(value) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const body = serialize(this.#waiting);
    this.#waiting = [];
    if (!this.socket.writable) return;
    const head = Buffer.allocUnsafe(HEAD);
    head.writeUInt32LE(body.length);
    this.socket.cork();
    this.socket.write(head);
    this.socket.write(body);
    this.socket.uncork();
  }

  #read(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#unreadLength += chunk.length;
    for (let length = this.#frameLength(); length !== undefined; length = this.#frameLength()) {
      const all = this.#unread.length === 1 ? (this.#unread[0] as Buffer) : Buffer.concat(this.#unread);
      const rest = all.subarray(HEAD + length);
      this.#unread = rest.length === 0 ? [] : [rest];
      this.#unreadLength = rest.length;
      this.onValues(deserialize(all.subarray(HEAD, HEAD + length)) as readonly In[]);
    }
  }

  /** Of the frame in front, where all of it has arrived. */
  #frameLength(): number | undefined {
    if (this.#unreadLength < HEAD) return undefined;
    const [first] = this.#unread;
    const head = first && first.length >= HEAD ? first : Buffer.concat(this.#unread);
    const length = head.readUInt32LE(0);
    if (length > LONGEST_FRAME) {
      this.socket.destroy(new Error('not a frame'));
      return undefined;
    }
    return this.#unreadLength >= HEAD + length ? length : undefined;
  }
}
