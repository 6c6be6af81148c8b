import type { Random } from './random.ts';
import { type Ids, SimulatedProcess, type Site } from './simulated-process.ts';
import { partyNamed } from './world.ts';

const LONGEST_CLOCK_ERROR = 4_000;
const HOUR = 3_600_000;

/** How far all clocks are ahead in the end: no less than any was before. */
export const LATEST_CLOCK = HOUR;

/** The API processes of one ledger: whatever ends is started again, with nothing in its memory. */
export class Cluster {
  readonly #processes: (SimulatedProcess | undefined)[];
  readonly #operator = partyNamed('operator');
  #starts = 0;
  #crashes = 0;
  #isCalm = false;
  /** How far any clock has been ahead at any time. */
  readonly clockErrors = new Set([LATEST_CLOCK]);

  constructor(
    private readonly site: Site,
    private readonly ids: Ids,
    private readonly random: Random,
    size: number,
  ) {
    this.#processes = Array.from({ length: size }, () => undefined);
    this.#processes.forEach((_, place) => this.#start(place));
  }

  get crashes(): number {
    return this.#crashes;
  }

  /** Whoever takes a request: one that is there, as far as any is, for whoever sends it tries them all. */
  readonly reach = (): SimulatedProcess | undefined => {
    const there = this.#processes.filter((process) => process?.served !== undefined);
    return there.length > 0 ? this.random.pick(there) : undefined;
  };

  kill(): void {
    this.reach()?.crash();
  }

  /** Stops a process for a while, as a signal would: then it goes on, and knows of nothing. */
  pause(): void {
    const process = this.reach();
    if (!process) return;
    const { world } = this.site;
    process.party.pausedUntil = world.now + this.random.whole(200, 6_000);
    world.note(`${process.party.name} stands still until ${process.party.pausedUntil.toFixed(1)}`);
  }

  /** Somebody sets a clock. */
  moveClock(): void {
    const process = this.reach();
    if (!process) return;
    const isFar = this.random.happens(0.1);
    const error = isFar
      ? this.random.pick([HOUR, -HOUR])
      : this.random.whole(-LONGEST_CLOCK_ERROR, LONGEST_CLOCK_ERROR);
    process.party.clockOffset = error;
    this.clockErrors.add(error);
    this.site.world.note(`the clock of ${process.party.name} is ${error} ms ahead`);
  }

  /** All go on, and all have the same time: no earlier than any of them has had before. */
  calm(): void {
    this.#isCalm = true;
    for (const process of this.#processes) {
      if (!process) continue;
      process.party.pausedUntil = 0;
      process.party.clockOffset = LATEST_CLOCK;
    }
  }

  #start(place: number): void {
    const { world } = this.site;
    this.#starts += 1;
    const name = `p${place + 1}.${this.#starts}`;
    const clockOffset = this.#isCalm ? LATEST_CLOCK : this.random.pick([0, 0, 0, 700, -700]);
    this.clockErrors.add(clockOffset);
    const process = new SimulatedProcess(this.site, this.ids, name, clockOffset);
    this.#processes[place] = process;
    process.onCrash.add(() => {
      this.#crashes += 1;
      this.#processes[place] = undefined;
      world.arrange(this.#operator, this.random.whole(5, 900), 'starts a process', () => this.#start(place));
    });
  }
}
