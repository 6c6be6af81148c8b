import type { Breaches } from '../breaches.ts';
import type { BalanceReading, CommandRecord, Refusal } from '../load/command.ts';
import type { History } from '../load/history.ts';
import { type Effects, OPENING_KEY } from './check-commands.ts';
import type { Timelines } from './check-streams.ts';
import { availableOf, nothing } from './fold.ts';

/** When an event of an account can have come about: after its command was sent, and before it was acknowledged. */
type Interval = {
  readonly version: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly key: string;
};

type Step = { readonly at: number; readonly version: number };

/** The version of the last step before this moment; they are in the order of time. */
const versionAt = (steps: readonly Step[], moment: number): number => {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.at ?? Infinity) < moment) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1]?.version ?? 0;
};

/** As the lines of progress have it, but for the moment that the program takes to begin. */
const secondsOf = (moment: number): string => (moment / 1_000).toFixed(1);

/** For one account: which versions a client that asks at some moment may, and must, see. */
class Order {
  /** The highest version acknowledged up to each moment. */
  readonly #acknowledged: Step[] = [];
  /** For each version, when all commands up to it had been sent. */
  readonly #sent: Step[] = [];

  /** In the order of versions. */
  constructor(intervals: readonly Interval[]) {
    let highest = 0;
    for (const { acknowledged, version } of intervals.toSorted((a, b) => a.acknowledged - b.acknowledged)) {
      highest = Math.max(highest, version);
      this.#acknowledged.push({ at: acknowledged, version: highest });
    }
    let latest = -Infinity;
    for (const { sent, version } of intervals) {
      latest = Math.max(latest, sent);
      this.#sent.push({ at: latest, version });
    }
  }

  /** The highest version that had been acknowledged before this moment: whoever asks then must see it. */
  leastAt(moment: number): number {
    return versionAt(this.#acknowledged, moment);
  }

  /** The highest version whose command, with all before it, had been sent before this moment: whoever is answered then can see no more. */
  mostAt(moment: number): number {
    return versionAt(this.#sent, moment);
  }
}

/** Holds what clients heard, and when, against the one order in which each account has its events. */
export class OrderCheck {
  readonly #orders = new Map<string, Order>();
  readonly #intervals = new Map<string, Interval[]>();
  readonly #known = new Set<string>();

  constructor(
    private readonly timelines: Timelines,
    private readonly breaches: Breaches,
  ) {}

  check(history: History, effects: Effects): void {
    for (const record of history.commands) this.#add(record, effects);
    this.#addOwn(effects);
    for (const [accountId, intervals] of this.#intervals) {
      intervals.sort((left, right) => left.version - right.version);
      this.#orders.set(accountId, new Order(intervals));
      this.#inOrder(accountId, intervals);
    }
    for (const reading of history.readings) this.#reading(reading);
    for (const record of history.commands) if (record.refusal?.isSure) this.#refusal(record, record.refusal);
  }

  #add({ command, firstSent, acknowledged = Infinity }: CommandRecord, effects: Effects): void {
    this.#known.add(command.key);
    for (const { accountId, version } of effects.get(command.key) ?? []) {
      this.#put(accountId, { version, sent: firstSent, acknowledged, key: command.key });
    }
  }

  /** What was there before the clients came, or what the ledger did by itself: that can have come about at any moment. */
  #addOwn(effects: Effects): void {
    for (const [key, found] of effects) {
      if (this.#known.has(key)) continue;
      const acknowledged = key.startsWith(OPENING_KEY) ? -Infinity : Infinity;
      for (const { accountId, version } of found) {
        this.#put(accountId, { version, sent: -Infinity, acknowledged, key });
      }
    }
  }

  #put(accountId: string, interval: Interval): void {
    const intervals = this.#intervals.get(accountId) ?? [];
    intervals.push(interval);
    this.#intervals.set(accountId, intervals);
  }

  /** No command stands before one that had been acknowledged before it was sent. */
  #inOrder(accountId: string, intervals: readonly Interval[]): void {
    let earliest: Interval | undefined;
    for (const interval of intervals.toReversed()) {
      if (earliest && earliest.acknowledged < interval.sent) {
        const [before, behind] = [
          `${interval.key} at version ${interval.version}`,
          `${earliest.key} at ${earliest.version}`,
        ];
        this.breaches.add('order', `${accountId}: ${before} was sent after ${behind} had been acknowledged`);
      }
      if (!earliest || interval.acknowledged < earliest.acknowledged) earliest = interval;
    }
  }

  #reading({ accountId, from, sent, answered, version, ...read }: BalanceReading): void {
    const [least, most] = this.#window(accountId, sent, answered);
    if (version < least || version > most) {
      const when = `asked of ${from} at ${secondsOf(sent)} s and answered at ${secondsOf(answered)} s`;
      const detail = `${accountId} was read at version ${version}, which must be ${least} to ${most}; ${when}`;
      this.breaches.add('stale-read', detail);
    }
    const then = this.timelines.get(accountId)?.[version] ?? nothing;
    if (then.ledgerBalance === read.ledgerBalance && then.heldAmount === read.heldAmount) return;
    const is = `${read.ledgerBalance}, held ${read.heldAmount}`;
    const must = `${then.ledgerBalance}, held ${then.heldAmount}`;
    const detail = `${accountId} was read at version ${version} with ${is}; its events give ${must}`;
    this.breaches.add('wrong-read', detail);
  }

  /** The lowest and the highest version that can be behind an answer. */
  #window(accountId: string, sent: number, answered: number): readonly [number, number] {
    const order = this.#orders.get(accountId);
    return [order?.leastAt(sent) ?? 0, order?.mostAt(answered) ?? 0];
  }

  /** There was a moment, between the question and the answer, at which the account could not afford it. */
  #refusal({ command }: CommandRecord, { code, sent, answered }: Refusal): void {
    if (code !== 'INSUFFICIENT_FUNDS') return;
    const couldRefuse = command.events.some(({ accountId, debit }) => {
      if (debit === 0) return false;
      const timeline = this.timelines.get(accountId) ?? [];
      const [least, most] = this.#window(accountId, sent, answered);
      return timeline.slice(least, most + 1).some((standing) => availableOf(standing) < debit);
    });
    if (couldRefuse) return;
    const what = `${command.kind} ${command.key}`;
    this.breaches.add('wrong-refusal', `${what} was refused for want of money that was there all the time`);
  }
}
