import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandNameOf, type WireMessage, WireMessages } from './wire-messages.ts';

export const directions = ['requests', 'replies'] as const;
export type Direction = (typeof directions)[number];

/** What becomes of what is sent in one direction. */
export type Treatment =
  | { readonly kind: 'swallow' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Kept back until the disturbance is over. */
  | { readonly kind: 'hold'; readonly over: Promise<void> }
  /** The next message is cut in its middle, and the connection reset. */
  | { readonly kind: 'cut' }
  /** Such a share of the replies to commits is lost, each with its connection. Everything else arrives. */
  | { readonly kind: 'lose-commits'; readonly isLost: () => boolean };

/** Who is at the near end: the API, another member of the set, or the torture itself, which is left alone. */
export type Link = 'api' | 'member' | 'own';

/** What is sent first names the driver, and the application; members of the set have a driver of their own. */
const linkOf = (hello: Buffer): Link => {
  if (!hello.includes('nodejs')) return 'member';
  return hello.includes(OWN_NAME) ? 'own' : 'api';
};

const API_NAME = 'daybook-torture-';

/** The application name of an API process, by its index. */
export const apiNameOf = (index: number): string => `${API_NAME}${index}`;

const apiIn = (hello: Buffer): number | undefined => {
  const start = hello.indexOf(API_NAME);
  return start < 0 ? undefined : Number(hello.toString('latin1', start + API_NAME.length, start + API_NAME.length + 1));
};

/** The application name with which the torture itself connects. */
export const OWN_NAME = 'torture-itself';

export type RelayHost = {
  readonly port: number;
  readonly treatmentOf: (relay: Relay, direction: Direction) => Treatment | undefined;
  readonly identified: (relay: Relay) => void;
};

/** One connection through a proxy. */
export class Relay {
  link: Link | undefined;
  /** Which member or API process is at the near end, by its index, once it is known. */
  from: number | undefined;
  /** Whether something that was sent did not arrive: then it is of no use any more. */
  isDamaged = false;
  readonly #far: Socket;
  readonly #messages = { requests: new WireMessages(), replies: new WireMessages() };
  readonly #tails = new Map<Direction, Promise<void>>();
  readonly #commits = new Set<number>();

  constructor(
    private readonly near: Socket,
    private readonly host: RelayHost,
    closed: () => void,
  ) {
    this.#far = connect({ port: host.port, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    for (const socket of [near, this.#far]) socket.on('error', () => undefined);
    near.on('data', (chunk: Buffer) => this.#read(chunk, 'requests')).once('close', () => this.#far.destroySoon());
    this.#far.on('data', (chunk: Buffer) => this.#read(chunk, 'replies')).once('close', () => near.destroySoon());
    near.once('close', closed);
  }

  get nearPort(): number {
    return this.near.remotePort ?? 0;
  }

  reset(): void {
    this.near.resetAndDestroy();
    this.#far.resetAndDestroy();
  }

  #read(chunk: Buffer, direction: Direction): void {
    if (this.link === undefined) {
      this.link = linkOf(chunk);
      if (this.link === 'api') this.from = apiIn(chunk);
      this.host.identified(this);
    }
    for (const message of this.#messages[direction].take(chunk)) this.#handle(message, direction);
  }

  #handle(message: WireMessage, direction: Direction): void {
    const treatment = this.host.treatmentOf(this, direction);
    const isCommitReply = this.#noteCommit(message, direction);
    switch (treatment?.kind) {
      case 'swallow':
        this.isDamaged = true;
        return;
      case 'cut':
        this.#socket(direction).write(message.bytes.subarray(0, message.bytes.length / 2), () => this.reset());
        return;
      case 'lose-commits':
        if (isCommitReply && treatment.isLost()) this.reset();
        else this.#deliver(message.bytes, direction);
        return;
      case 'delay':
        this.#deliver(message.bytes, direction, sleep(treatment.milliseconds));
        return;
      case 'hold':
        this.#deliver(message.bytes, direction, treatment.over);
        return;
      case undefined:
        this.#deliver(message.bytes, direction);
    }
  }

  /** Whether it is the reply to a commit. */
  #noteCommit(message: WireMessage, direction: Direction): boolean {
    if (this.link !== 'api') return false;
    if (direction === 'replies') return this.#commits.delete(message.responseTo);
    if (commandNameOf(message) === 'commitTransaction') this.#commits.add(message.requestId);
    return false;
  }

  #socket(direction: Direction): Socket {
    return direction === 'requests' ? this.#far : this.near;
  }

  /** In the order in which it came, whatever is kept back. */
  #deliver(bytes: Buffer, direction: Direction, ready?: Promise<void>): void {
    const to = this.#socket(direction);
    const before = this.#tails.get(direction);
    if (!before && !ready) {
      to.write(bytes);
      return;
    }
    const tail: Promise<void> = Promise.all([before, ready]).then(() => {
      to.write(bytes);
      if (this.#tails.get(direction) === tail) this.#tails.delete(direction);
    });
    this.#tails.set(direction, tail);
  }
}
