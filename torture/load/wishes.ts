import { below, type Random, randomAt } from '../../src/load/random.ts';
import { type Bank, CURRENCY, groupIn } from './bank.ts';
import type { Command, CommandRecord, ExpectedEvent } from './command.ts';

const MOST = 500;
const REMEMBERED = 40;

// So far ahead that some end by themselves during a run.
const HOLD_SECONDS = 20;

type Draft = Pick<Command, 'kind' | 'path' | 'events'> & { readonly body: object };

const holdIdIn = (body: string): string => (JSON.parse(body) as { readonly holdId: string }).holdId;

type Ids = { readonly eventId: string } | { readonly from: { readonly eventId: string } };

/** Of a transfer, the event of its sender. */
const eventIdIn = (body: string): string => {
  const ids = JSON.parse(body) as Ids;
  return 'from' in ids ? ids.from.eventId : ids.eventId;
};

/** Something that was done, and can be taken back. */
type Reversible = { readonly eventId: string; readonly amount: number; readonly events: readonly ExpectedEvent[] };

type OpenHold = { readonly holdId: string; readonly accountId: string; readonly amount: number };

/** The last ones of a kind, to be drawn from. */
class Recent<T> {
  readonly #items: T[] = [];

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > REMEMBERED) this.#items.shift();
  }

  any(random: Random): T | undefined {
    return this.#items[below(random, this.#items.length)];
  }
}

const amountOf = (random: Random): number => 1 + below(random, MOST);

const debitOf = (accountId: string, type: string, amount: number): ExpectedEvent => ({
  accountId,
  type,
  amount,
  debit: amount,
});

const creditOf = (accountId: string, type: string, amount: number): ExpectedEvent => ({
  accountId,
  type,
  amount,
  debit: 0,
});

const credits = new Set(['MoneyDeposited', 'TransferReceived']);

const reversible = new Set<Command['kind']>(['deposit', 'withdrawal', 'transfer']);

const netOf = (kind: Command['kind'], events: readonly ExpectedEvent[]): number => {
  const [event, counterpart] = events;
  // A hold moves nothing, and what two legs move stays in the bank.
  if (!event || counterpart || kind === 'hold' || kind === 'release') return 0;
  return event.debit > 0 || kind === 'capture' ? -event.amount : event.amount;
};

/** What clients wish, from a seed; some of it is about what was done before. */
export class Wishes {
  readonly #done = new Recent<Reversible>();
  readonly #holds = new Recent<OpenHold>();

  constructor(
    private readonly bank: Bank,
    private readonly seed: number,
  ) {}

  /** The n-th one. */
  at(place: number): Command {
    return this.#commandOf(this.#draft(randomAt(this.seed, place), place), place);
  }

  /** The n-th one of those that no rule says no to. */
  sure(place: number): Command {
    return this.#commandOf(this.#booking(randomAt(this.seed, place), 'deposit'), place);
  }

  #commandOf({ body, ...draft }: Draft, place: number): Command {
    const key = `wish-${place}`;
    return { ...draft, key, body: JSON.stringify(body), net: netOf(draft.kind, draft.events) };
  }

  /** Remembers what was done, for wishes that are about it. */
  learn({ command: { kind, events }, answers: [body = ''] }: CommandRecord): void {
    const [event] = events;
    if (event && kind === 'hold') this.#holds.add({ ...event, holdId: holdIdIn(body) });
    if (event && reversible.has(kind)) this.#done.add({ eventId: eventIdIn(body), amount: event.amount, events });
  }

  #draft(random: Random, place: number): Draft {
    const kind = random();
    if (kind < 0.22) return this.#booking(random, 'deposit');
    if (kind < 0.42) return this.#booking(random, 'withdrawal');
    if (kind < 0.75) return this.#transfer(random);
    if (kind < 0.83) return this.#hold(random, place);
    if (kind < 0.92) return this.#endOfHold(random);
    if (kind < 0.99) return this.#reversal(random);
    return this.#opening(random, place);
  }

  #booking(random: Random, kind: 'deposit' | 'withdrawal'): Draft {
    const accountId = this.bank.any(random, 'open');
    const amount = amountOf(random);
    const event =
      kind === 'deposit' ? creditOf(accountId, 'MoneyDeposited', amount) : debitOf(accountId, 'MoneyWithdrawn', amount);
    return { kind, path: `/v1/accounts/${accountId}/${kind}s`, body: { amount, currency: CURRENCY }, events: [event] };
  }

  #transfer(random: Random): Draft {
    const group = random() < 0.6 ? 'closed' : 'open';
    const fromAccountId = this.bank.any(random, group);
    const toAccountId = this.bank.other(random, group, fromAccountId);
    const amount = amountOf(random);
    const events = [debitOf(fromAccountId, 'TransferSent', amount), creditOf(toAccountId, 'TransferReceived', amount)];
    const body = { fromAccountId, toAccountId, amount, currency: CURRENCY };
    return { kind: 'transfer', path: '/v1/transfers', body, events };
  }

  #hold(random: Random, place: number): Draft {
    const accountId = this.bank.any(random, random() < 0.5 ? 'closed' : 'open');
    const amount = amountOf(random);
    const expiresAt = new Date(Date.now() + HOLD_SECONDS * 1_000).toISOString();
    const body = { holdId: `hold-${place}`, amount, currency: CURRENCY, ...(random() < 0.4 && { expiresAt }) };
    const events = [debitOf(accountId, 'HoldPlaced', amount)];
    return { kind: 'hold', path: `/v1/accounts/${accountId}/holds`, body, events };
  }

  #endOfHold(random: Random): Draft {
    const hold = this.#holds.any(random);
    if (!hold) return this.#booking(random, 'deposit');
    const { accountId, holdId } = hold;
    const isCapture = groupIn(accountId) === 'open' && random() < 0.5;
    const amount = isCapture ? 1 + below(random, hold.amount) : hold.amount;
    const kind = isCapture ? 'capture' : 'release';
    // What is captured was taken off the available balance before.
    const events = [creditOf(accountId, isCapture ? 'HoldCaptured' : 'HoldReleased', amount)];
    return {
      kind,
      path: `/v1/accounts/${accountId}/holds/${holdId}/${kind}`,
      body: isCapture ? { amount } : {},
      events,
    };
  }

  #reversal(random: Random): Draft {
    const done = this.#done.any(random);
    if (!done) return this.#booking(random, 'deposit');
    const amount = 1 + below(random, done.amount);
    const events = done.events.map(({ accountId, type }) =>
      credits.has(type)
        ? debitOf(accountId, 'TransactionReversed', amount)
        : creditOf(accountId, 'TransactionReversed', amount),
    );
    return {
      kind: 'reversal',
      path: '/v1/reversals',
      body: { eventId: done.eventId, amount, reason: 'taken back' },
      events,
    };
  }

  #opening(random: Random, place: number): Draft {
    const accountId = `open-late-${place}`;
    const amount = amountOf(random);
    const body = { accountId, ownerId: 'open', currency: CURRENCY, initialDeposit: { amount } };
    const events = [creditOf(accountId, 'MoneyDeposited', amount)];
    return { kind: 'opening', path: '/v1/accounts', body, events };
  }
}
