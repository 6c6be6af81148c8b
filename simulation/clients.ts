import type { Answer, Command, Envelope, Wish } from '../src/application/commands/command.ts';
import { CommandRejected, LedgerError } from '../src/application/commit/ledger-error.ts';
import { StorageUnavailable } from '../src/application/ports/storage-errors.ts';
import { DomainError } from '../src/domain/domain-error.ts';
import type { EventId, TransactionId } from '../src/domain/event/event-id.ts';
import { hashOf, type Item, type Order } from './orders.ts';
import type { Random } from './random.ts';
import type { Ids, Served, SimulatedProcess } from './simulated-process.ts';
import { partyNamed, type World } from './world.ts';

/** What a client has heard of one request. */
export type Heard =
  | { readonly kind: 'answered'; readonly answers: readonly Answer[]; readonly replayed: readonly boolean[] }
  /** A rule said no. */
  | { readonly kind: 'refused'; readonly code: string; readonly index: number }
  /** Not now, and nothing happened. */
  | { readonly kind: 'not taken'; readonly code: string }
  /** Nobody knows: no answer came, or one that says so. */
  | { readonly kind: 'unknown' }
  /** What no client should ever see. */
  | { readonly kind: 'broken'; readonly error: unknown };

/** One sending of an order, with ids of its own for the events that it would cause. */
export type Attempt = {
  readonly order: Order;
  readonly sentAt: number;
  readonly eventIds: (readonly [EventId, EventId])[];
  /** As they came to the ledger; undefined where they did not. */
  commands: readonly Command[] | undefined;
  heard: Heard | undefined;
  heardAt: number;
};

const LONGEST_WAIT = 4_000;
const MOST_ATTEMPTS = 5;

const isOpen = ({ heard }: Attempt): boolean => heard === undefined;

const isSettled = (heard: Heard | undefined): boolean => heard?.kind === 'answered' || heard?.kind === 'refused';

const heardOf = (error: unknown): Heard => {
  if (error instanceof CommandRejected) return { kind: 'refused', code: error.rejection.code, index: error.index };
  if (error instanceof DomainError) return { kind: 'refused', code: error.code, index: 0 };
  if (error instanceof StorageUnavailable) return { kind: 'not taken', code: 'UNAVAILABLE' };
  if (!(error instanceof LedgerError)) return { kind: 'broken', error };
  return error.code === 'OUTCOME_UNKNOWN' ? { kind: 'unknown' } : { kind: 'not taken', code: error.code };
};

const wishOf = async ({ want }: Item, { queries }: Served): Promise<Wish> => {
  if (want.type !== 'ReverseTransaction') return want;
  const { eventId, ...rest } = want;
  return { ...rest, original: await queries.findReversibleEvent(eventId) };
};

const claimsOf = (item: Item): Pick<Envelope, 'idempotency' | 'transactionId' | 'expected'> => {
  const { key, transactionId, expected } = item;
  return {
    idempotency: { key, requestHash: hashOf(item) },
    ...(transactionId !== undefined && { transactionId: transactionId as TransactionId }),
    ...(expected && { expected }),
  };
};

export type Network = {
  readonly world: World;
  readonly random: Random;
  readonly ids: Ids;
  /** The process that a request of this moment reaches; undefined where nobody is there. */
  readonly reach: () => SimulatedProcess | undefined;
  /** How often a message is lost on its way, of 1. */
  readonly loss: () => number;
  readonly onAnswered: (attempt: Attempt) => void;
};

/** All clients of the ledger: they send, wait, ask again with the same key, and remember what they were told. */
export class Clients {
  readonly attempts: Attempt[] = [];
  #open = 0;
  readonly #party = partyNamed('client');

  constructor(private readonly network: Network) {}

  /** Requests without an answer, and those that are still to be repeated. */
  get open(): number {
    return this.#open;
  }

  /** Arranges that an order is sent after `delay`, and again as long as it has no answer that settles it. */
  send(order: Order, delay: number, left = MOST_ATTEMPTS): void {
    this.#open += 1;
    this.network.world.arrange(this.#party, delay, `sends order ${order.number}`, () => {
      const attempt = this.#attempt(order);
      this.#deliver(attempt, () => this.#settle(attempt, left - 1));
    });
  }

  #attempt(order: Order): Attempt {
    const { world, ids } = this.network;
    const eventIds = order.items.map(() => [ids.event(), ids.event()] as const);
    const unheard = { commands: undefined, heard: undefined, heardAt: Infinity };
    const attempt: Attempt = { order, sentAt: world.now, eventIds, ...unheard };
    this.attempts.push(attempt);
    return attempt;
  }

  #settle(attempt: Attempt, left: number): void {
    this.#open -= 1;
    const { order, heard } = attempt;
    const { random, onAnswered } = this.network;
    if (heard?.kind === 'answered') onAnswered(attempt);
    if (!isSettled(heard)) {
      if (left > 0) this.send(order, random.whole(20, 900), left);
    } else if (random.happens(0.12)) this.send(order, random.whole(1, 3_000), 1);
  }

  #deliver(attempt: Attempt, settled: () => void): void {
    const { world, random, loss } = this.network;
    const hear = (heard: Heard): void => {
      if (!isOpen(attempt)) return;
      Object.assign(attempt, { heard, heardAt: world.now });
      waiting.isCancelled = true;
      world.note(`hears of order ${attempt.order.number}: ${heard.kind}${'code' in heard ? ` ${heard.code}` : ''}`);
      settled();
    };
    const waiting = world.arrange(this.#party, LONGEST_WAIT, 'waits no longer', () => hear({ kind: 'unknown' }));
    const isLost = random.happens(loss());
    world.arrange(this.#party, random.whole(1, 20) / 10, 'request arrives', () => {
      if (!isLost) this.#arrive(attempt, hear);
    });
  }

  #arrive(attempt: Attempt, hear: (heard: Heard) => void): void {
    const { world, random, reach, loss } = this.network;
    const process = reach();
    if (!process?.served) {
      hear({ kind: 'not taken', code: 'CONNECTION_REFUSED' });
      return;
    }
    const onCrash = (): void => {
      world.arrange(this.#party, random.whole(1, 50), 'connection lost', () => hear({ kind: 'unknown' }));
    };
    const { served } = process;
    process.onCrash.add(onCrash);
    world.arrange(process.party, 0, `takes order ${attempt.order.number}`, () => {
      void this.#carryOut(attempt, served).then((heard) => {
        process.onCrash.delete(onCrash);
        if (!process.party.isAlive || random.happens(loss())) return;
        world.arrange(this.#party, random.whole(1, 20) / 10, 'answer arrives', () => hear(heard));
      });
    });
  }

  async #carryOut(attempt: Attempt, served: Served): Promise<Heard> {
    try {
      attempt.commands = await this.#commandsOf(attempt, served);
      const outcomes = await served.door.submitTogether(attempt.commands);
      const [answers, replayed] = [outcomes.map(({ answer }) => answer), outcomes.map((outcome) => outcome.replayed)];
      return { kind: 'answered', answers, replayed };
    } catch (error) {
      return heardOf(error);
    }
  }

  async #commandsOf({ order, eventIds }: Attempt, served: Served): Promise<readonly Command[]> {
    const correlationId = this.network.ids.text();
    const commands: Command[] = [];
    for (const [index, item] of order.items.entries()) {
      const ids = eventIds[index];
      if (!ids) throw new Error('an attempt has ids for each of its commands');
      const envelope = { correlationId, actor: 'client', eventIds: ids, ...claimsOf(item) };
      commands.push({ wish: await wishOf(item, served), envelope });
    }
    return commands;
  }
}
