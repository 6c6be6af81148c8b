import { Books } from './books.ts';
import { Breaches } from './breaches.ts';
import { CommandLog } from './command-log.ts';
import type { Connection } from './connection.ts';
import type { LoadPlan } from './load-plan.ts';
import { type Names, namesOf } from './names.ts';
import { type Random, randomAt } from './random.ts';
import { requestOf } from './requests.ts';
import { type Outcome, settle } from './settle.ts';
import { isExpectedRefusal, Tally } from './tally.ts';
import { postingsOf, type Wish, wishesOf } from './wish.ts';

// A place that no wish comes to in practice, so that pauses do not repeat the choices of one.
const PAUSES = 0xffff_ffff;

type Ids = { readonly eventId?: unknown; readonly from?: { eventId?: unknown }; readonly to?: { eventId?: unknown } };

/** The event ids that an answer names, one for each posting; none where it is no such answer. */
const eventIdsOf = (wish: Wish, body: string): readonly string[] => {
  try {
    const { eventId, from, to } = JSON.parse(body) as Ids;
    const ids = wish.kind === 'transfer' ? [from?.eventId, to?.eventId] : [eventId];
    return ids.every((id) => typeof id === 'string') ? ids : [];
  } catch {
    return [];
  }
};

/** Carries wishes out and writes down what became of them. Nothing here waits between reading a number and writing it. */
export class Performer {
  readonly names: Names;
  readonly wishOf: (place: number) => Wish;
  readonly log = new CommandLog();
  readonly books: Books;
  readonly breaches = new Breaches();
  readonly tally = new Tally();
  readonly random: Random;

  constructor(readonly plan: LoadPlan) {
    this.names = namesOf(plan.runId);
    this.wishOf = wishesOf(plan);
    this.books = new Books(plan.accounts, plan.initialDeposit);
    this.random = randomAt(plan.seed, PAUSES);
  }

  /** Resolves when the outcome of the n-th wish is known, or never will be: then with false. */
  async perform(connection: Connection, place: number, due: number, isOver: () => boolean): Promise<boolean> {
    const wish = this.wishOf(place);
    const request = requestOf(wish, place, this.names, this.plan.currency);
    // A read that failed is only counted: there is no outcome of it to be found out.
    const retryFor = wish.kind === 'balance' ? 0 : this.plan.retryFor;
    const outcome = await settle(connection, request, { retryFor, random: this.random }, this.tally);
    this.tally.settled(wish.kind, outcome.kind, performance.now() - due, !isOver());
    if (outcome.kind === 'refused' && !isExpectedRefusal(outcome.code)) this.#protest(wish, place, outcome.code);
    if (wish.kind !== 'balance') this.#book(wish, place, outcome);
    return outcome.kind === 'acknowledged' || outcome.kind === 'refused';
  }

  #book(wish: Wish, place: number, outcome: Outcome): void {
    if (outcome.kind === 'refused' || outcome.kind === 'given-up') {
      this.log.record(place, 'refused');
      return;
    }
    const postings = postingsOf(wish);
    if (outcome.kind === 'acknowledged') {
      if (this.log.acknowledge(place, eventIdsOf(wish, outcome.body))) {
        this.books.acknowledged(postings);
        return;
      }
      const detail = `a ${wish.kind} was answered as done, without the ids of its events`;
      this.breaches.add({ kind: 'answer', ...this.#whereIs(wish, place), detail });
    }
    this.log.record(place, 'unknown');
    this.books.unknown(postings);
  }

  #protest(wish: Wish, place: number, code: string): void {
    const detail = `a ${wish.kind} was refused with ${code}`;
    this.breaches.add({ kind: 'refusal', ...this.#whereIs(wish, place), detail });
  }

  #whereIs(wish: Wish, place: number): { readonly account: string; readonly key?: string } {
    const account = this.names.accountId(wish.kind === 'transfer' ? wish.from : wish.account);
    return wish.kind === 'balance' ? { account } : { account, key: this.names.commandKey(place) };
  }
}
