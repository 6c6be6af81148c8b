import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Random, randomAt } from '../../src/load/random.ts';
import { failNothing } from './fail-command.ts';
import type { Fault, FaultKind, Injected, Stage } from './fault.ts';
import type { Recovery } from './recovery.ts';

const INTERVAL_MS = 1_000;
// A fault that cannot be done now makes way for another one.
const CHOICES = 12;
// A set that is electing all the time would show little else.
const MEMBERS_RATE = 0.3;
// Of the losses of a primary that nothing else is going on beside: then nothing is injected until somebody has written again.
const ALONE_RATE = 0.4;
const WHOLE_LIMIT_MS = 90_000;

/** Gives each fault once before any comes again. */
class Deck {
  readonly #cards: Fault[] = [];

  constructor(private readonly faults: readonly Fault[]) {}

  draw(random: Random): Fault {
    if (this.#cards.length === 0) this.#cards.push(...this.faults);
    const [fault] = this.#cards.splice(below(random, this.#cards.length), 1);
    return fault as Fault;
  }

  /** It could not be done now. */
  putBack(fault: Fault): void {
    this.#cards.push(fault);
  }
}

type Active = { readonly fault: Fault; readonly healed: Promise<void> };

export type SchedulerParts = {
  readonly faults: readonly Fault[];
  readonly stage: Stage;
  readonly seed: number;
  readonly recovery: Recovery;
  /** What was injected, by name. */
  readonly counts: Record<string, number>;
  readonly report: (line: string) => void;
};

/** Injects one fault a second, drawn from a seed, and heals each when its time has come. */
export class Scheduler {
  readonly #random: Random;
  readonly #active = new Set<Active>();
  readonly #met = new Set<FaultKind>();
  readonly #ofMembers: Deck;
  readonly #others: Deck;

  constructor(private readonly parts: SchedulerParts) {
    this.#random = randomAt(parts.seed + 2, 0);
    const ofMembers = parts.faults.filter(({ reach }) => reach === 'members');
    const others = parts.faults.filter(({ reach }) => reach !== 'members');
    this.#ofMembers = new Deck(ofMembers.length > 0 ? ofMembers : others);
    this.#others = new Deck(others.length > 0 ? others : ofMembers);
  }

  /** Resolves when the time is over, with every fault healed. */
  async run(milliseconds: number): Promise<void> {
    const begun = performance.now();
    for (let due = begun; due < begun + milliseconds; due += INTERVAL_MS) {
      await sleep(Math.max(0, due - performance.now()));
      await this.#injectOne();
    }
    await this.#allHealed();
  }

  async #allHealed(): Promise<void> {
    await Promise.all([...this.#active].map(({ healed }) => healed));
    const { set, apis } = this.parts.stage;
    const giveUp = performance.now() + WHOLE_LIMIT_MS;
    while (!(await set.isWhole()) || !apis.every(({ isServing }) => isServing)) {
      if (performance.now() > giveUp) throw new Error('The set, or an API process, did not come back in time.');
      await sleep(200);
    }
    await failNothing(set);
  }

  async #injectOne(): Promise<void> {
    if (this.parts.recovery.isToBeLeftAlone) return;
    if (await this.#inject(this.#owed())) return;
    for (let choice = 0; choice < CHOICES; choice += 1) {
      const deck = this.#random() < MEMBERS_RATE ? this.#ofMembers : this.#others;
      const fault = deck.draw(this.#random);
      if (await this.#inject(fault)) return;
      deck.putBack(fault);
    }
  }

  /** One of a kind that has not come yet: a short run is to have something of everything. */
  #owed(): Fault | undefined {
    const owed = this.parts.faults.filter(({ kind }) => !this.#met.has(kind));
    return owed[below(this.#random, owed.length)];
  }

  /** Whether it could be done now. */
  async #inject(fault: Fault | undefined): Promise<boolean> {
    if (!fault || !(await this.#isPossible(fault))) return false;
    const injected = await fault.inject(this.parts.stage, this.#random);
    if (!injected) return false;
    this.#met.add(fault.kind);
    this.#begin(fault, injected);
    return true;
  }

  async #isPossible({ reach }: Fault): Promise<boolean> {
    const { recovery, stage } = this.parts;
    if (reach === 'passing') return true;
    if ([...this.#active].some(({ fault }) => fault.reach === reach)) return false;
    if (reach === 'apis') return stage.apis.every(({ isServing }) => isServing);
    return !recovery.isUnderWay && (await stage.set.isWhole());
  }

  #begin(fault: Fault, { what, heal }: Injected): void {
    const { recovery, counts, report } = this.parts;
    const [least, most] = fault.lasts;
    const seconds = least + this.#random() * (most - least);
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    if (fault.takesPrimary) {
      const isAlone = !fault.takesMajority && this.#active.size === 0 && this.#random() < ALONE_RATE;
      recovery.primaryLost(fault.name, isAlone);
    }
    report(`${what}${seconds > 0 ? `, for ${seconds.toFixed(1)} s` : ''}`);
    const healed = sleep(seconds * 1_000).then(heal);
    const active: Active = { fault, healed: healed.finally(() => this.#active.delete(active)) };
    this.#active.add(active);
  }
}
