import { deserialize, serialize } from 'node:v8';
import type { Socket } from 'node:net';

const HEAD = 4;

// More than all commands that can wait at once in a usual queue; a head that says more is no head of ours.
const LONGEST_FRAME = 256 * 1_024 * 1_024;

/** Undefined where it is nothing that `Frames` would write. */
const valuesIn = (body: Buffer): readonly object[] | undefined => {
  try {
    const values: unknown = deserialize(body);
    const isOurs = Array.isArray(values) && values.every((value) => typeof value === 'object' && value !== null);
    return isOurs ? (values as readonly object[]) : undefined;
  } catch {
    return undefined;
  }
};

// More than that need not wait for company.
const LARGEST_GATHERING = 256;

/**
 * Values over a socket, each as its length in four bytes and then its structured clone, which knows bigint. What is sent in turns of
 * the event loop that follow each other travels together: a system call costs more than the commands in it. Whoever sends anything else is hung up on.
 */
export class Frames<In extends object, Out extends object> {
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
    if (this.#waiting.push(value) === 1) this.#flushSoon();
  }

  // As long as each turn brings more, what has arrived on other sockets is still being read: it travels along.
  #flushSoon(): void {
    const gathered = this.#waiting.length;
    setImmediate(() => {
      if (this.#waiting.length > gathered && this.#waiting.length < LARGEST_GATHERING) this.#flushSoon();
      else this.#flush();
    });
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
      const values = valuesIn(this.#take(HEAD + length).subarray(HEAD));
      if (values) this.onValues(values as readonly In[]);
      else this.#refuse();
    }
  }

  /** Of the frame in front, where all of it has arrived. */
  #frameLength(): number | undefined {
    if (this.#unreadLength < HEAD || this.socket.destroyed) return undefined;
    const length = this.#inOnePiece(HEAD).readUInt32LE(0);
    if (length > LONGEST_FRAME) this.#refuse();
    return this.#unreadLength >= HEAD + length ? length : undefined;
  }

  #take(length: number): Buffer {
    const front = this.#inOnePiece(length);
    this.#unread[0] = front.subarray(length);
    this.#unreadLength -= length;
    return front.subarray(0, length);
  }

  /** The front of what is unread, so many bytes or more. Pieces are put together once, and not again with every one that follows. */
  #inOnePiece(length: number): Buffer {
    const [first] = this.#unread;
    if (first && first.length >= length) return first;
    const all = Buffer.concat(this.#unread);
    this.#unread = [all];
    return all;
  }

  #refuse(): void {
    this.socket.destroy(new Error('not a frame'));
  }
}
