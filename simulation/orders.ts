import type { Wish } from '../src/application/commands/command.ts';
import type { AccountId } from '../src/domain/account/account-id.ts';
import type { EventId } from '../src/domain/event/event-id.ts';
import type { HoldId } from '../src/domain/hold/hold-id.ts';
import type { Currency } from '../src/domain/money/currency.ts';
import { minorUnits, type MinorUnits, type Money } from '../src/domain/money/money.ts';
import { type Instant, instant } from '../src/domain/time/instant.ts';
import type { TransferId } from '../src/domain/transfer/transfer-id.ts';
import type { Random } from './random.ts';

/** What a client wants; a reversal names its event, which the process looks up. */
export type Want = Exclude<Wish, { type: 'ReverseTransaction' | 'ExpireHold' }> | Reversal;

export type Reversal = {
  readonly type: 'ReverseTransaction';
  readonly eventId: EventId;
  readonly amount?: MinorUnits;
  readonly reason: string;
};

/** One command as a client asks for it, however often it sends it. */
export type Item = {
  readonly key: string;
  readonly want: Want;
  readonly transactionId?: string;
  readonly expected?: { readonly accountId: AccountId; readonly versions: readonly number[] };
};

/** Commands that a client sends together: they stand or fall together. Most often it is one. */
export type Order = { readonly number: number; readonly items: readonly Item[] };

/** What clients know of the ledger, from its answers and from what they have asked for. */
export type Knowledge = {
  readonly accounts: readonly string[];
  /** Events that moved money. */
  readonly moved: EventId[];
  readonly holds: { readonly accountId: AccountId; readonly holdId: HoldId }[];
  readonly items: Item[];
};

const hashes = new WeakMap<Item, string>();

/** What a request is told apart by: the same for the same want. */
export const hashOf = (item: Item): string => {
  const known = hashes.get(item);
  if (known !== undefined) return known;
  const { want, transactionId } = item;
  const inText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  const hash = JSON.stringify([want, transactionId], inText);
  hashes.set(item, hash);
  return hash;
};

const kinds: readonly (readonly [Want['type'] | 'TakeBack', number])[] = [
  ['DepositMoney', 9],
  ['WithdrawMoney', 9],
  ['TransferMoney', 12],
  ['PlaceHold', 9],
  ['CaptureHold', 7],
  ['ReleaseHold', 3],
  ['TakeBack', 7],
  ['FreezeAccount', 1],
  ['UnfreezeAccount', 2],
  ['ChangeOverdraftLimit', 2],
  ['CloseAccount', 1],
  ['OpenAccount', 2],
];

const kindsByWeight = kinds.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));

const euros = (amount: number): Money => ({ amount: minorUnits(BigInt(amount)), currency: 'EUR' as Currency });

/** Makes orders by chance, of what clients know. */
export class OrderBook {
  #orders = 0;
  #keys = 0;

  constructor(
    private readonly random: Random,
    private readonly known: Knowledge,
  ) {}

  /** Opens all accounts, most of them with money in them. */
  openings(): readonly Order[] {
    return this.known.accounts.map((account) => this.order([this.#item(this.#opening(account as AccountId))]));
  }

  /** So many deposits to one account, which stand or fall together: a past that is long enough for a snapshot. */
  past(deposits: number): Order {
    const accountId = this.#account();
    const deposit = (): Want => ({ type: 'DepositMoney', accountId, money: euros(this.random.whole(1, 3)) });
    return this.order(Array.from({ length: deposits }, () => this.#item(deposit())));
  }

  /** Something by chance, at this moment by the clocks on the wall. */
  next(now: number): Order {
    const count = this.random.happens(0.12) ? this.random.whole(2, 5) : 1;
    return this.order(Array.from({ length: count }, () => this.#claim(this.#item(this.#want(now)))));
  }

  /** Commands that are sent together. */
  order(items: readonly Item[]): Order {
    return { number: (this.#orders += 1), items };
  }

  #item(want: Want): Item {
    const item = { key: `key-${(this.#keys += 1)}`, want };
    this.known.items.push(item);
    return item;
  }

  /** Now and then with a transaction id, with a version, or with the key of another request. */
  #claim(item: Item): Item {
    const { random } = this;
    if (random.happens(0.02)) return { ...item, key: random.pick(this.known.items).key };
    if (random.happens(0.08)) return { ...item, transactionId: `tx-${random.whole(0, 12)}` };
    if (!random.happens(0.04) || !('accountId' in item.want)) return item;
    const from = random.whole(1, 15);
    return { ...item, expected: { accountId: item.want.accountId, versions: [from, from + 1, from + 2] } };
  }

  #account(): AccountId {
    return this.random.pick(this.known.accounts) as AccountId;
  }

  #want(now: number): Want {
    const kind = this.random.pick(kindsByWeight);
    switch (kind) {
      case 'DepositMoney':
      case 'WithdrawMoney':
        return { type: kind, accountId: this.#account(), money: this.#money(), ...this.#dating(now) };
      case 'TransferMoney':
        return this.#transfer(now);
      case 'TakeBack':
      case 'ReverseTransaction':
        return this.#reversal();
      case 'PlaceHold':
        return this.#hold(now);
      case 'CaptureHold':
      case 'ReleaseHold':
        return this.#ending(kind);
      case 'OpenAccount':
        return this.#opening(this.#account());
      case 'ChangeOverdraftLimit': {
        const overdraftLimit = minorUnits(BigInt(this.random.whole(0, 60)));
        return { type: kind, accountId: this.#account(), overdraftLimit };
      }
      default:
        return { type: kind, accountId: this.#account(), reason: 'simulated' };
    }
  }

  #money(): Money {
    return euros(this.random.happens(0.1) ? this.random.whole(50, 400) : this.random.whole(1, 40));
  }

  /** A value date in the past, now and then. */
  #dating(now: number): { readonly effectiveAt?: Instant } {
    return this.random.happens(0.15) ? { effectiveAt: instant(now - this.random.whole(0, 6_000)) } : {};
  }

  #opening(accountId: AccountId): Want {
    const overdraftLimit = minorUnits(BigInt(this.random.happens(0.4) ? this.random.whole(1, 60) : 0));
    const owned = { type: 'OpenAccount', accountId, ownerId: 'owner', currency: 'EUR' as Currency } as const;
    const amount = this.random.whole(0, 200);
    return { ...owned, overdraftLimit, ...(amount > 0 && { initialDeposit: { amount: minorUnits(BigInt(amount)) } }) };
  }

  #transfer(now: number): Want {
    const [fromAccountId, toAccountId] = [this.#account(), this.#account()];
    const number = this.random.happens(0.1) ? this.random.whole(0, 5) : this.#keys + 1_000;
    const transferId = `transfer-${number}` as TransferId;
    return {
      type: 'TransferMoney',
      transferId,
      fromAccountId,
      toAccountId,
      money: this.#money(),
      ...this.#dating(now),
    };
  }

  #reversal(): Want {
    const { moved } = this.known;
    if (moved.length === 0) return { type: 'DepositMoney', accountId: this.#account(), money: this.#money() };
    // Of few, so that some are taken back more than once.
    const eventId = this.random.pick(this.random.happens(0.5) ? moved.slice(-4) : moved);
    const part = this.random.happens(0.6) && { amount: minorUnits(BigInt(this.random.whole(1, 20))) };
    return { type: 'ReverseTransaction', eventId, reason: 'simulated', ...part };
  }

  #hold(now: number): Want {
    const hold = this.#holdName();
    const expiresAt = instant(now + this.random.whole(100, 8_000));
    return { type: 'PlaceHold', ...hold, money: this.#money(), ...(this.random.happens(0.6) && { expiresAt }) };
  }

  /** A new one, or one that was placed before and may have ended. */
  #holdName(): Knowledge['holds'][number] {
    const { holds } = this.known;
    if (holds.length > 0 && this.random.happens(0.2)) return this.random.pick(holds);
    const hold = { accountId: this.#account(), holdId: `hold-${this.#keys}` as HoldId };
    holds.push(hold);
    return hold;
  }

  #ending(type: 'CaptureHold' | 'ReleaseHold'): Want {
    const { holds } = this.known;
    if (holds.length === 0) return { type: 'WithdrawMoney', accountId: this.#account(), money: this.#money() };
    const hold = this.random.pick(this.random.happens(0.6) ? holds.slice(-4) : holds);
    if (type === 'ReleaseHold' || this.random.happens(0.5)) return { type, ...hold };
    return { type, ...hold, amount: minorUnits(BigInt(this.random.whole(1, 40))) };
  }
}
