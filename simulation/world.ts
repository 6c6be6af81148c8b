/** Whoever something happens to: a process that can be stopped, killed and have a wrong clock; or the world outside all of them. */
export type Party = {
  readonly name: string;
  /** What happens to a dead party never happens. */
  isAlive: boolean;
  /** Until then nothing happens to it, as to a process that was stopped. */
  pausedUntil: number;
  /** Milliseconds that its wall clock is ahead; a monotonic clock is never wrong. */
  clockOffset: number;
};

export const partyNamed = (name: string): Party => ({ name, isAlive: true, pausedUntil: 0, clockOffset: 0 });

/** Something that is to happen. */
export type Appointment = {
  at: number;
  order: number;
  readonly party: Party;
  readonly what: string;
  readonly happen: () => void;
  isCancelled: boolean;
};

const isBefore = (left: Appointment, right: Appointment): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** Appointments, the earliest first; a binary heap. */
class Calendar {
  readonly #heap: Appointment[] = [];

  push(appointment: Appointment): void {
    const heap = this.#heap;
    let place = heap.push(appointment) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!parent || !isBefore(appointment, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = appointment;
  }

  pop(): Appointment | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last && last !== first) this.#sink(last);
    return first;
  }

  #sink(appointment: Appointment): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (!one) break;
      const isOther = other !== undefined && isBefore(other, one);
      const child = isOther ? other : one;
      if (!isBefore(child, appointment)) break;
      heap[place] = child;
      place = isOther ? left + 1 : left;
    }
    heap[place] = appointment;
  }
}

// Bound here, before anything stands in for it: the one real thing that the world waits for is the end of all microtasks.
const { setImmediate: realSetImmediate } = globalThis;
const microtasksEnd = (): Promise<void> => new Promise((resolve) => realSetImmediate(resolve));

/** Nothing is left to happen, and what was waited for has not come. */
export class StandStill extends Error {
  override readonly name = 'StandStill';
}

/**
 * Time that passes only when nothing is left to do, and everything that happens in it, one after the other: what is due at the same
 * time happens in the order in which it was arranged. So one seed gives one course of things.
 */
export class World {
  readonly #calendar = new Calendar();
  #order = 0;
  #now = 0;
  #party: Party | undefined;
  /** Everything that has happened, a line each. */
  readonly trace: string[] = [];

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** To whom the present moment belongs; undefined between two. */
  get party(): Party | undefined {
    return this.#party;
  }

  arrange(party: Party, delay: number, what: string, happen: () => void): Appointment {
    const appointment = { at: this.#now + delay, order: (this.#order += 1), party, what, happen, isCancelled: false };
    this.#calendar.push(appointment);
    return appointment;
  }

  note(what: string): void {
    this.trace.push(`${this.#now.toFixed(1)} ${this.#party?.name ?? '-'} ${what}`);
  }

  /** Lets things happen until `isOver`. Rejects with StandStill where that cannot come, or takes longer than `limit` moments. */
  async run(isOver: () => boolean, limit: number): Promise<void> {
    for (let moments = 0; !isOver(); moments += 1) {
      const next = this.#calendar.pop();
      if (!next) throw new StandStill('nothing is left to happen');
      if (moments >= limit) throw new StandStill(`not over after ${limit} moments`);
      await this.#happen(next);
    }
  }

  async #happen(appointment: Appointment): Promise<void> {
    const { party, at, what, happen } = appointment;
    if (appointment.isCancelled || !party.isAlive) return;
    if (party.pausedUntil > at) {
      Object.assign(appointment, { at: party.pausedUntil, order: (this.#order += 1) });
      this.#calendar.push(appointment);
      return;
    }
    this.#now = at;
    this.#party = party;
    this.note(what);
    happen();
    await microtasksEnd();
    this.#party = undefined;
  }
}
