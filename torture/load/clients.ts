import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Random, randomAt } from '../../src/load/random.ts';
import type { Bank } from './bank.ts';
import type { History } from './history.ts';
import type { Judge, Verdict } from './judge.ts';
import type { Sender } from './sender.ts';
import type { Wishes } from './wishes.ts';

const READ_RATE = 0.2;
const DUPLICATE_RATE = 0.06;
const REPEAT_RATE = 0.04;
const LEAVE_RATE = 0.1;
const MOST_COPIES = 4;

// After each request: the machine also carries three mongods and two API processes.
const THINKING_MS = 40;

export type ClientParts = {
  readonly bank: Bank;
  readonly wishes: Wishes;
  readonly history: History;
  readonly judge: Judge;
  readonly sender: Sender;
  readonly seed: number;
};

type Standing = { readonly version: number; readonly ledgerBalance: number; readonly heldAmount: number };

/** Plays many clients, each with its commands one after the other, at either of the API processes. */
export class Clients {
  #place = 0;
  #goesOn = true;
  #running: readonly Promise<void>[] = [];

  constructor(private readonly parts: ClientParts) {}

  start(count: number): void {
    this.#running = Array.from({ length: count }, (_, client) => this.#live(client));
  }

  /** Resolves when all have ended what they had begun. */
  async stop(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#running);
  }

  async #live(client: number): Promise<void> {
    const random = randomAt(this.parts.seed + 1, client);
    while (this.#goesOn) {
      if (random() < READ_RATE) await this.#read(random);
      else await this.#wish(random);
      await sleep(random() * THINKING_MS);
    }
  }

  async #wish(random: Random): Promise<void> {
    const { wishes, history, sender } = this.parts;
    const record = history.begin(wishes.at(this.#place++));
    // Some do not come back while the run lasts: they ask at its end what became of their command.
    const mayLeave = (verdict: Verdict): boolean =>
      this.#goesOn && verdict.kind === 'again' && verdict.isOpen && random() < LEAVE_RATE;
    if (random() < DUPLICATE_RATE) await sender.sendCopies(record, 2 + below(random, MOST_COPIES - 1));
    if (!record.isSettled) await sender.settle(record, random, mayLeave);
    if (record.acknowledged === undefined) return;
    wishes.learn(record);
    if (random() < REPEAT_RATE) await sender.attempt(record, sender.anyDoor(random));
  }

  async #read(random: Random): Promise<void> {
    const { bank, history, judge, sender } = this.parts;
    const accountId = bank.any(random, random() < 0.5 ? 'open' : 'closed');
    const door = sender.anyDoor(random);
    const timed = await door.send({ method: 'GET', path: `/v1/accounts/${accountId}/balance` });
    const verdict = judge.judge(`GET balance of ${accountId}`, door, timed);
    if (verdict.kind !== 'done') return;
    const { version, ledgerBalance, heldAmount } = JSON.parse(verdict.body) as Standing;
    const { sent, answered } = timed;
    const from = door.node.name;
    history.readings.push({ accountId, from, sent, answered, version, ledgerBalance, heldAmount });
  }
}
