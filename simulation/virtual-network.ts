import { EventEmitter } from 'node:events';
import type { Random } from './random.ts';
import { type Party, partyNamed, type World } from './world.ts';

/** What travels along a connection, in order: bytes, the end of what one side says, or that the other side is gone. */
type Message = Buffer | 'end' | 'gone';

type Address = { readonly port: number };

/** What the operating systems and the wires do, also for processes that are stopped or dead. */
const wires = partyNamed('network');

/** One end of a connection, as far as node:net's is used between processes. */
export class VirtualSocket extends EventEmitter {
  destroyed = false;
  writable = true;
  peer: VirtualSocket | undefined;
  /** Nothing that is sent here arrives any more, and nobody is told. */
  isSilent = false;
  readonly #onTheWay: Message[] = [];
  readonly #unread: Message[] = [];
  #unsent: Buffer[] = [];
  #isCorked = false;
  #isFlowing: boolean | undefined;
  #latestArrival = 0;

  constructor(
    private readonly network: VirtualNetwork,
    readonly party: Party,
  ) {
    super();
  }

  // Whoever listens hears, unless it has said that it does not want to now.
  override on(name: string, listener: (...values: unknown[]) => void): this {
    super.on(name, listener);
    if (name === 'data' && this.#isFlowing !== false) this.resume();
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  pause(): this {
    this.#isFlowing = false;
    return this;
  }

  resume(): this {
    this.#isFlowing = true;
    if (this.#unread.length > 0) this.network.world.arrange(this.party, 0, 'reads on', () => this.#read());
    return this;
  }

  unshift(bytes: Buffer): void {
    this.#unread.unshift(bytes);
  }

  cork(): void {
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    this.#flush();
  }

  write(bytes: Buffer): boolean {
    if (!this.writable) return false;
    this.#unsent.push(bytes);
    if (!this.#isCorked) this.#flush();
    return true;
  }

  end(): void {
    if (!this.writable) return;
    this.writable = false;
    this.#send('end');
  }

  destroy(): void {
    if (this.destroyed) return;
    this.#close();
    this.#send('gone');
  }

  resetAndDestroy(): void {
    this.destroy();
  }

  /** As the operating system does for a process that has died. */
  abandon(): void {
    this.destroyed = true;
    this.#send('gone');
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#unsent);
    this.#unsent = [];
    if (bytes.length > 0) this.#send(bytes);
  }

  #send(message: Message): void {
    if (!this.isSilent) this.peer?.arrive(message);
  }

  /** Takes time, and nothing overtakes what was sent before it. */
  arrive(message: Message): void {
    const { world } = this.network;
    this.#latestArrival = Math.max(this.#latestArrival, world.now + this.network.travelTime());
    this.#onTheWay.push(message);
    world.arrange(this.party, this.#latestArrival - world.now, 'hears from a process', () => {
      const next = this.#onTheWay.shift();
      if (next === 'gone') this.#close();
      else if (next) this.#unread.push(next);
      this.#read();
    });
  }

  #read(): void {
    while (this.#isFlowing && !this.destroyed) {
      const message = this.#unread.shift();
      if (message === undefined) return;
      if (message === 'end') this.destroy();
      else this.emit('data', message);
    }
  }

  #close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.writable = false;
    this.network.world.arrange(this.party, 0, 'connection closes', () => this.emit('close'));
  }
}

/** Takes connections, as far as node:net's server is used between processes. */
class VirtualServer extends EventEmitter {
  listening = false;
  port = 0;

  constructor(
    private readonly network: VirtualNetwork,
    readonly party: Party,
    readonly greet: (socket: VirtualSocket) => void,
  ) {
    super();
  }

  listen(_port: number, _host: string, onListening: () => void): this {
    this.port = this.network.open(this);
    this.listening = true;
    this.network.world.arrange(this.party, 0, 'listens', onListening);
    return this;
  }

  address(): Address {
    return { port: this.port };
  }
}

/** Connections between processes: they take time, break, or fall silent. */
export class VirtualNetwork {
  readonly #servers: VirtualServer[] = [];
  #sockets: VirtualSocket[] = [];

  constructor(
    readonly world: World,
    private readonly random: Random,
  ) {}

  travelTime(): number {
    return this.random.whole(1, 20) / 10;
  }

  open(server: VirtualServer): number {
    return this.#servers.push(server);
  }

  createServer(party: Party, greet: (socket: VirtualSocket) => void): VirtualServer {
    return new VirtualServer(this, party, greet);
  }

  connect(party: Party, { port }: Address): VirtualSocket {
    const caller = new VirtualSocket(this, party);
    this.world.arrange(wires, this.travelTime(), 'somebody calls', () => {
      const server = this.#servers[port - 1];
      if (server?.listening && server.party.isAlive) this.#join(caller, server);
      else caller.arrive('gone');
    });
    return caller;
  }

  /** A process has died: most often its machine says so to whoever was connected with it. */
  bury(dead: Party): void {
    const isSaid = this.random.happens(0.7);
    for (const socket of this.#sockets) if (socket.party === dead && isSaid) socket.abandon();
    this.#sockets = this.#sockets.filter(({ party, destroyed }) => party !== dead && !destroyed);
  }

  /** Something happens to a connection: it breaks, or nothing comes through any more. */
  disturb(): void {
    const open = this.#sockets.filter(({ destroyed }) => !destroyed);
    if (open.length === 0) return;
    const socket = this.random.pick(open);
    const isSilent = this.random.happens(0.5);
    this.world.note(`a connection of ${socket.party.name} ${isSilent ? 'falls silent' : 'breaks'}`);
    for (const end of [socket, socket.peer]) {
      if (isSilent && end) end.isSilent = true;
      else end?.arrive('gone');
    }
  }

  #join(caller: VirtualSocket, server: VirtualServer): void {
    const called = new VirtualSocket(this, server.party);
    caller.peer = called;
    called.peer = caller;
    this.#sockets.push(caller, called);
    this.world.arrange(server.party, 0, 'is called', () => server.greet(called));
    this.world.arrange(caller.party, this.travelTime(), 'is connected', () => caller.emit('connect'));
  }
}
