import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { LedgerDoor } from '../application/ledger.ts';
import { AbsenceWatch } from './absence-watch.ts';
import { Frames } from './frames.ts';
import { welcome } from './introduction.ts';
import { failureOf, type Reply, type Request } from './messages.ts';

/** Where a process takes commands of others, and what they have to know to be heard. */
export type CommandAddress = { readonly host: string; readonly port: number; readonly token: string };

export type CommandServer = {
  readonly address: CommandAddress;
  /** Says goodbye, and resolves when everything that was taken is answered and the callers have hung up. */
  readonly close: () => Promise<void>;
};

type Door = Pick<LedgerDoor, 'submitTogether'>;

// A caller that does not hang up by itself is cut off.
const LONGEST_GOODBYE = 10_000;

/** One caller: what it asks is carried out, and answered on the same connection. */
class Caller {
  readonly #frames: Frames<Request, Reply>;

  constructor(
    private readonly socket: Socket,
    private readonly door: Door,
    private readonly watch: AbsenceWatch,
  ) {
    this.#frames = new Frames<Request, Reply>(socket, (requests) => {
      watch.look();
      if (!socket.destroyed) for (const request of requests) this.#take(request);
    });
    socket.resume();
  }

  /** It hangs up when it has heard this and has all its answers: until then it may have sent more, which is carried out as well. */
  sayGoodbye(): void {
    this.#frames.send({ bye: true });
  }

  // Who has hung up, or was absent from us for so long that it must have, has asked elsewhere.
  readonly #isThere = (): boolean => {
    this.watch.look();
    return !this.socket.destroyed;
  };

  #take(request: Request): void {
    if ('ping' in request) this.#frames.send({ pong: request.ping });
    else void this.#carryOut(request);
  }

  async #carryOut({ id, submission }: Exclude<Request, { ping: number }>): Promise<void> {
    try {
      this.#frames.send({ id, outcomes: await this.door.submitTogether(submission, this.#isThere) });
    } catch (error) {
      this.#frames.send({ id, failure: failureOf(error) });
    }
  }
}

/** Takes commands of other processes and has them carried out by `door`. Rejects where the host cannot be listened on. */
export const serveCommands = async (door: Door, host: string): Promise<CommandServer> => {
  const token = randomBytes(32).toString('base64url');
  const sockets = new Set<Socket>();
  const callers = new Set<Caller>();
  const hangUp = (): void => sockets.forEach((socket) => socket.destroy());
  // Who has given us up has repeated its commands elsewhere, and may have been told no: they must not be carried out any more.
  const watch = new AbsenceWatch(hangUp);
  const greet = async (socket: Socket): Promise<void> => {
    const isKnown = await welcome(socket, token);
    if (!isKnown || socket.destroyed) {
      socket.destroy();
      return;
    }
    const caller = new Caller(socket, door, watch);
    callers.add(caller);
    socket.once('close', () => callers.delete(caller));
    if (!server.listening) caller.sayGoodbye();
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    // What went wrong is said by `close`, and concerns the other side.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    void greet(socket);
  });
  await new Promise<void>((resolve, reject) => {
    // Later errors are of connections that could not be taken, and concern their callers.
    server.on('error', reject).listen(0, host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    const cutOff = setTimeout(hangUp, LONGEST_GOODBYE);
    for (const caller of callers) caller.sayGoodbye();
    await closed;
    clearTimeout(cutOff);
    watch.stop();
  };
  return { address: { host, port, token }, close };
};
