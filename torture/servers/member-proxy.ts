import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type Direction, type Link, Relay, type Treatment } from './relay.ts';
import { socketOwner } from './socket-owner.ts';

/** Something that happens to the connections through a proxy until it is over. */
export type Disturbance = {
  /** Whose connections; `from` says which of the members, or of the API processes, is at the near end. Left out: any. */
  readonly link: Link;
  readonly from?: number;
  readonly requests?: Treatment;
  readonly replies?: Treatment;
};

const concerns = ({ link, from }: Disturbance, relay: Relay): boolean =>
  relay.link === link && (from === undefined || relay.from === from);

/** What everybody who wants to speak to one mongod goes through: the members of its set and the API. */
export class MemberProxy {
  readonly #relays = new Set<Relay>();
  readonly #disturbances = new Set<Disturbance>();
  readonly #server: Server;

  private constructor(
    readonly port: number,
    target: number,
    private readonly memberOf: (pid: number) => number | undefined,
    private readonly pids: () => readonly number[],
  ) {
    const host = { port: target, treatmentOf: this.#treatmentOf, identified: this.#identify };
    this.#server = createServer((near) => {
      const relay: Relay = new Relay(near, host, () => this.#relays.delete(relay));
      this.#relays.add(relay);
    });
  }

  /** Of a mongod on `target`; `members` are the processes that may be at the near end, in the order of the set. */
  static async open(port: number, target: number, members: () => readonly number[]): Promise<MemberProxy> {
    const memberOf = (pid: number): number | undefined => {
      const index = members().indexOf(pid);
      return index < 0 ? undefined : index;
    };
    const proxy = new MemberProxy(port, target, memberOf, members);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Gives what ends it. Connections on which something was lost meanwhile are reset then. */
  disturb(disturbance: Disturbance): () => void {
    this.#disturbances.add(disturbance);
    return () => {
      this.#disturbances.delete(disturbance);
      for (const relay of this.#relays) if (relay.isDamaged) relay.reset();
    };
  }

  reset(link: Link): void {
    for (const relay of this.#relays) if (relay.link === link) relay.reset();
  }

  close(): void {
    this.#server.close();
    for (const relay of this.#relays) relay.reset();
  }

  readonly #treatmentOf = (relay: Relay, direction: Direction): Treatment | undefined => {
    for (const disturbance of this.#disturbances) {
      const treatment = concerns(disturbance, relay) ? disturbance[direction] : undefined;
      if (treatment) return treatment;
    }
    return undefined;
  };

  readonly #identify = (relay: Relay): void => {
    if (relay.link !== 'member') return;
    void socketOwner({ local: relay.nearPort, remote: this.port }, this.pids()).then((pid) => {
      relay.from = pid === undefined ? undefined : this.memberOf(pid);
    });
  };
}
