import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Random } from '../../src/load/random.ts';
import type { Command, CommandRecord } from './command.ts';
import type { Door } from './door.ts';
import type { History } from './history.ts';
import type { Judge, Verdict } from './judge.ts';

const PAUSE_MS = 30;
const LONGEST_PAUSE_MS = 500;

export type SenderParts = {
  readonly doors: readonly Door[];
  readonly history: History;
  readonly judge: Judge;
  /** Told of each new effect, with when the attempt was sent that brought it. */
  readonly onWrite: (sent: number) => void;
};

/** Sends commands under their keys, and writes down what their clients hear. */
export class Sender {
  constructor(private readonly parts: SenderParts) {}

  anyDoor(random: Random): Door {
    const { doors } = this.parts;
    return doors[below(random, doors.length)] as Door;
  }

  /** Sends a command until an answer settles it, or its client does not want to wait any longer. */
  async settle(record: CommandRecord, random: Random, mayLeave: (verdict: Verdict) => boolean): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const verdict = await this.attempt(record, this.anyDoor(random));
      if (verdict.kind !== 'again' || mayLeave(verdict)) return;
      await sleep(Math.min(PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + random() / 2));
    }
  }

  /** Asks what became of a command of which nothing can be on its way any more. */
  async ask(record: CommandRecord, random: Random, deadline: number): Promise<void> {
    while (!record.isSettled && performance.now() < deadline) {
      record.mayHaveHappened = false;
      const { kind } = await this.attempt(record, this.anyDoor(random));
      if (kind === 'again') await sleep(PAUSE_MS);
    }
  }

  /** The same request at once, on connections and at processes that know nothing of each other. */
  async sendCopies(record: CommandRecord, copies: number): Promise<void> {
    const { doors } = this.parts;
    const attempts = Array.from({ length: copies }, (_, copy) =>
      this.attempt(record, doors[copy % doors.length] as Door),
    );
    await Promise.all(attempts);
  }

  async attempt(record: CommandRecord, door: Door): Promise<Verdict> {
    const { history, judge, onWrite } = this.parts;
    const { command } = record;
    record.inFlight += 1;
    const timed = await door.send(requestOf(command));
    record.inFlight -= 1;
    const verdict = judge.judge(`${command.kind} ${command.key} (POST ${command.path})`, door, timed);
    const { sent, answered, answer } = timed;
    if (verdict.kind === 'done') {
      if (answer.status !== undefined && answer.isReplayed) history.replays += 1;
      else onWrite(sent);
      history.acknowledge(record, verdict.body, answered);
    } else if (verdict.kind === 'refused') {
      const isSure = !record.mayHaveHappened && record.inFlight === 0;
      record.refusal = { code: verdict.code, sent, answered, isSure };
    } else record.mayHaveHappened ||= verdict.isOpen;
    return verdict;
  }
}

const requestOf = ({ path, key, body }: Command) => ({ method: 'POST' as const, path, key, body });
