import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Random, randomAt } from '../../src/load/random.ts';
import { failNothing } from './fail-command.ts';
import type { Fault, Injected, Stage } from './fault.ts';
import type { Recovery } from './recovery.ts';

const INTERVAL_MS = 1_000;
// A fault that cannot be done now makes way for another one.
const CHOICES = 12;
// Of the losses of a primary that nothing else is going on beside: then nothing is injected until somebody has written again.
const ALONE_RATE = 0.4;
const WHOLE_LIMIT_MS = 90_000;

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
  readonly #deck: Fault[] = [];

  constructor(private readonly parts: SchedulerParts) {
    this.#random = randomAt(parts.seed + 2, 0);
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
    for (let choice = 0; choice < CHOICES; choice += 1) {
      const fault = this.#draw();
      if (!(await this.#isPossible(fault))) continue;
      const injected = await fault.inject(this.parts.stage, this.#random);
      if (!injected) continue;
      this.#begin(fault, injected);
      return;
    }
  }

  /** Every fault once before any comes again. */
  #draw(): Fault {
    if (this.#deck.length === 0) this.#deck.push(...this.parts.faults);
    const [fault] = this.#deck.splice(below(this.#random, this.#deck.length), 1);
    return fault as Fault;
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
