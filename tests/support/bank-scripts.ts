import fc from 'fast-check';
import type { ModelBank } from './model-bank.ts';
import type { Ask, Request } from './model-requests.ts';

const LARGEST = 2n ** 53n - 1n;

/** One step as chance has it. It becomes a request only when its turn comes, because it may point at what happened before. */
export type Step = {
  readonly kind: Ask['kind'];
  readonly who: number;
  readonly whom: number;
  readonly amount: bigint;
  readonly isWhole: boolean;
  readonly isForeign: boolean;
  readonly dating: 'none' | 'past' | 'opening' | 'before opening' | 'now' | 'future';
  /** Whether the request is new, an earlier one again, or a new one under an earlier key. */
  readonly key: 'new' | 'again' | 'reused';
  readonly transactionId: number | undefined;
  readonly transferId: number | undefined;
  /** Which of the holds of an account: they are few, so that ids come again. */
  readonly holdId: number;
  readonly expected: 'none' | 'right' | 'wrong';
  readonly pick: number;
};

/** Commands that arrive together, at one of two processes, after the clock has moved. */
export type Group = { readonly steps: readonly Step[]; readonly process: 0 | 1; readonly tick: number };

/** Somewhere to look when all is done: fractions of what there is to choose from. */
export type Probe = {
  readonly time: number;
  readonly other: number;
  readonly version: number;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly isBounded: boolean;
};

const often = <T>(weight: number, value: T): { weight: number; arbitrary: fc.Arbitrary<T> } => ({
  weight,
  arbitrary: fc.constant(value),
});

const amount = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt(1n, 20n) },
  { weight: 1, arbitrary: fc.bigInt(LARGEST - 20n, LARGEST) },
);

// Evenly: numbers of a range would lean to its ends.
const oneOf = (...values: readonly number[]): fc.Arbitrary<number> => fc.constantFrom(...values);

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    often(2, 'open' as const),
    often(9, 'deposit' as const),
    often(9, 'withdraw' as const),
    often(10, 'transfer' as const),
    often(1, 'freeze' as const),
    often(3, 'unfreeze' as const),
    often(1, 'close' as const),
    often(2, 'limit' as const),
    often(8, 'reverse' as const),
    often(12, 'place' as const),
    often(10, 'capture' as const),
    often(5, 'release' as const),
    often(8, 'expire' as const),
  ),
  who: oneOf(0, 1, 2, 3),
  // So many places further on; none is the account itself.
  whom: fc.oneof(often(1, 0), { weight: 9, arbitrary: oneOf(1, 2, 3) }),
  amount,
  isWhole: fc.boolean(),
  isForeign: fc.oneof(often(9, false), often(1, true)),
  dating: fc.oneof(
    often(6, 'none' as const),
    often(5, 'past' as const),
    often(1, 'opening' as const),
    often(1, 'before opening' as const),
    often(1, 'now' as const),
    often(1, 'future' as const),
  ),
  key: fc.oneof(often(8, 'new' as const), often(2, 'again' as const), often(1, 'reused' as const)),
  transactionId: fc.oneof(often(9, undefined), { weight: 1, arbitrary: oneOf(0, 1, 2, 3, 4) }),
  transferId: fc.oneof(often(5, undefined), { weight: 1, arbitrary: oneOf(0, 1, 2, 3) }),
  holdId: oneOf(0, 1, 2, 3, 4, 5),
  expected: fc.oneof(often(8, 'none' as const), often(1, 'right' as const), often(1, 'wrong' as const)),
  pick: fc.nat(1_000),
});

const group: fc.Arbitrary<Group> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 6, size: 'max' }),
  process: fc.constantFrom(0 as const, 1 as const),
  // The clock stands, goes on, and now and then steps back.
  tick: fc.oneof(often(2, 0), { weight: 6, arbitrary: fc.integer({ min: 1, max: 1_000 }) }, often(1, -300)),
});

// Evenly: doubles of a range are as often below 1e-100 as above.
const fraction = oneOf(...Array.from({ length: 100 }, (_, place) => place / 100));

const probe: fc.Arbitrary<Probe> = fc.record({
  time: fraction,
  other: fraction,
  version: fraction,
  limit: fc.constantFrom(1, 2, 3, 7, 200),
  order: fc.constantFrom('asc' as const, 'desc' as const),
  isBounded: fc.boolean(),
});

/** How the accounts were opened before anything else; those without are left for a step to open. */
export type Opening = {
  readonly age: number;
  readonly limit: bigint;
  readonly deposit: bigint | undefined;
};

const opening: fc.Arbitrary<Opening> = fc.record({
  age: fc.integer({ min: 0, max: 2_000 }),
  limit: fc.oneof(often(2, 0n), { weight: 1, arbitrary: fc.bigInt(1n, 20n) }),
  deposit: fc.option(fc.bigInt(1n, 100n), { nil: undefined }),
});

export type Script = {
  readonly openings: readonly (Opening | undefined)[];
  readonly groups: readonly Group[];
  readonly probes: readonly Probe[];
};

export const script: fc.Arbitrary<Script> = fc.record({
  openings: fc.array(fc.option(opening, { freq: 8, nil: undefined }), { minLength: 4, maxLength: 4 }),
  groups: fc.array(group, { minLength: 3, maxLength: 12, size: 'max' }),
  probes: fc.array(probe, { minLength: 4, maxLength: 4 }),
});

const accountIds = ['a', 'b', 'c', 'd'];

const accountId = (place: number): string => accountIds[place % accountIds.length] ?? 'a';

/** Three of the four accounts are in euros. */
const currencyOf = (account: string): string => (account === 'd' ? 'JPY' : 'EUR');

/** When a hold ends by itself: a date in the past lies as far ahead, the others stay what they are. */
const untilOf = ({ dating, pick }: Step, at: number | undefined): number | undefined =>
  dating === 'past' && at !== undefined ? at + 2 * pick + 1 : at;

/** Makes requests of steps, and remembers them, because some steps say: that one again. */
export class Requests {
  readonly #made: Request[] = [];
  #count = 0;

  constructor(private readonly bank: ModelBank) {}

  make(step: Step, now: number): Request {
    const earlier = this.#made[step.pick % Math.max(1, this.#made.length)];
    if (step.key === 'again' && earlier) return earlier;
    this.#count += 1;
    const ask = this.#askOf(step, now);
    const request: Request = {
      ask,
      key: step.key === 'reused' && earlier ? earlier.key : `key-${this.#count}`,
      transactionId: step.transactionId === undefined ? undefined : `tx-${step.transactionId}`,
      expectedVersion: this.#expectedVersion(step, ask),
    };
    this.#made.push(request);
    return request;
  }

  /** The requests that open the accounts of a script, first of all. */
  openings({ openings }: Script, now: number): readonly Request[] {
    return openings.flatMap((opening, place) => {
      if (!opening) return [];
      const { age, limit, deposit } = opening;
      const account = accountId(place);
      const ask: Ask = { kind: 'open', account, currency: currencyOf(account), limit, deposit, at: now - age };
      const request = { ask, key: `opening-${account}`, transactionId: undefined, expectedVersion: undefined };
      this.#made.push(request);
      return [request];
    });
  }

  #expectedVersion({ expected }: Step, ask: Ask): number | undefined {
    if (expected === 'none' || !('account' in ask) || ask.kind === 'open') return undefined;
    const version = this.bank.accounts.get(ask.account)?.version ?? 1;
    return expected === 'right' ? version : version + 1;
  }

  #askOf(step: Step, now: number): Ask {
    const account = accountId(step.who);
    const currency = step.isForeign ? 'USD' : currencyOf(account);
    const at = this.#datingOf(step, account, now);
    switch (step.kind) {
      case 'open':
        return {
          kind: 'open',
          account,
          currency: currencyOf(account),
          limit: step.amount,
          deposit: this.#part(step),
          at,
        };
      case 'deposit':
      case 'withdraw':
        return { kind: step.kind, account, amount: step.amount, currency, at };
      case 'transfer': {
        const id = step.transferId === undefined ? `transfer-new-${this.#count}` : `transfer-${step.transferId}`;
        return {
          kind: 'transfer',
          id,
          from: account,
          to: accountId(step.who + step.whom),
          amount: step.amount,
          currency,
          at,
        };
      }
      case 'place':
        return {
          kind: 'place',
          account,
          hold: this.#newHold(step),
          amount: step.amount,
          currency,
          until: untilOf(step, at),
        };
      case 'capture':
        return { kind: 'capture', ...this.#placedHold(step), amount: this.#part(step) };
      case 'release':
      case 'expire':
        return { kind: step.kind, ...this.#placedHold(step) };
      case 'limit':
        return { kind: 'limit', account, limit: step.amount };
      case 'reverse':
        return { kind: 'reverse', eventId: this.#eventOf(step), amount: this.#part(step) };
      default:
        return { kind: step.kind, account };
    }
  }

  /** Mostly a new one. */
  #newHold({ holdId, pick }: Step): string {
    return pick % 4 === 0 ? `hold-${holdId}` : `hold-new-${this.#count}`;
  }

  /** Mostly one that is open, on this account where it has any; now and then one that has ended, or none. */
  #placedHold({ who, holdId, pick }: Step): { readonly account: string; readonly hold: string } {
    const account = accountId(who);
    const placed = [...this.bank.accounts.values()].flatMap(({ id, holds }) =>
      [...holds].filter(([, { isOpen }]) => isOpen || pick % 10 === 1).map(([hold]) => ({ account: id, hold })),
    );
    const own = placed.filter((hold) => hold.account === account);
    const chosen = own.length > 0 ? own : placed;
    const isAny = pick % 10 === 0;
    return (isAny ? undefined : chosen[pick % Math.max(1, chosen.length)]) ?? { account, hold: `hold-${holdId}` };
  }

  #part({ isWhole, amount }: Step): bigint | undefined {
    return isWhole ? undefined : amount;
  }

  /** Mostly something that moved money; now and then anything, or nothing. */
  #eventOf({ pick }: Step): string {
    const all = [...this.bank.events];
    const moved = all.filter(([, { movement }]) => movement !== undefined);
    const chosen = pick % 10 === 0 ? all : moved;
    return pick % 50 === 1 ? 'event-unknown' : (chosen[pick % Math.max(1, chosen.length)]?.[0] ?? 'event-unknown');
  }

  #datingOf({ dating, pick }: Step, account: string, now: number): number | undefined {
    const openedAt = this.bank.accounts.get(account)?.openedAt ?? now;
    switch (dating) {
      case 'none':
        return undefined;
      case 'past':
        return now - pick;
      case 'opening':
        return openedAt;
      case 'before opening':
        return openedAt - 1;
      case 'now':
        return now;
      case 'future':
        return now + 1 + pick;
    }
  }
}
