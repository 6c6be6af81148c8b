import { createHash } from 'node:crypto';
import { readEnvironment } from '../src/config/read-environment.ts';
import type { Limits } from '../src/compose.ts';
import { openMemoryStorage } from '../src/storage/memory/memory-storage.ts';
import { type Attempt, Clients } from './clients.ts';
import { Cluster, LATEST_CLOCK } from './cluster.ts';
import { fairWeather, fatesOf, type Fates, type Weather } from './fates.ts';
import { brokenRules } from './invariants/broken-rules.ts';
import { type Item, type Knowledge, OrderBook } from './orders.ts';
import { Random } from './random.ts';
import { type Composition, Ids, type Site, soundComposition } from './simulated-process.ts';
import { BEGINNING, standIn } from './stand-ins.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { Witness } from './witness.ts';
import { partyNamed, World } from './world.ts';

/** What a seed is run with beside itself. */
export type Conditions = {
  readonly composition?: Composition;
  /** In place of what the seed has planned. */
  readonly plan?: Partial<Plan>;
  /** In place of what the weather of the seed does to calls. */
  readonly fates?: Fates;
  /** What is special about it, in words. */
  readonly scenario?: string;
};

export type SeedResult = {
  readonly seed: number;
  readonly scenario: string | undefined;
  /** The rules that were broken; none where all is well. */
  readonly broken: readonly string[];
  /** SHA-256 over everything that happened. */
  readonly digest: string;
  readonly trace: readonly string[];
  readonly events: number;
  readonly requests: number;
  readonly crashes: number;
  readonly calls: number;
  /** Milliseconds of the world. */
  readonly lasted: number;
};

/** What kind of time a seed has. */
export type Plan = {
  readonly processes: number;
  /** How many orders by chance, or these, each sent after so many milliseconds. */
  readonly orders: number | readonly (readonly [number, readonly Item[]])[];
  readonly duration: number;
  readonly weather: Weather;
  readonly kills: number;
  readonly pauses: number;
  readonly clockMoves: number;
  readonly disturbances: number;
  readonly loss: number;
  readonly accounts: readonly string[];
  /** Deposits that one account has behind it: more than a snapshot needs, or none. */
  readonly past: number;
  readonly limits: Limits;
  readonly office: Site['office'];
  readonly auditPace: number;
};

const accountNames = ['a', 'b', 'c', 'd', 'e'];

const planOf = (random: Random): Plan => ({
  processes: random.pick([1, 2, 2, 2, 3]),
  orders: random.whole(15, 60),
  duration: random.whole(300, 6_000),
  weather: {
    failure: random.pick([0, 0.01, 0.03, 0.08]),
    crash: random.pick([0, 0.002, 0.006, 0.015]),
    slowness: random.pick([0, 0.05, 0.3]),
  },
  kills: random.pick([0, 0, 1, 3]),
  pauses: random.pick([0, 0, 1, 2]),
  clockMoves: random.pick([0, 0, 2, 5]),
  disturbances: random.pick([0, 0, 1, 3]),
  loss: random.pick([0, 0, 0.05]),
  accounts: accountNames.slice(0, random.whole(2, 5)),
  past: random.pick([0, 0, 0, 92]),
  limits: {
    ...readEnvironment({}),
    DAYBOOK_BATCH_LIMIT: random.pick([1, 4, 256]),
    DAYBOOK_COMMIT_LANES: random.pick([1, 2, 4]),
    DAYBOOK_QUEUE_LIMIT: random.pick([4, 1_000, 1_000, 1_000]),
    DAYBOOK_COMMAND_TIMEOUT_MS: random.pick([600, 10_000]),
    DAYBOOK_ACCOUNT_CACHE: random.pick([1, 3, 100]),
  },
  office: random.pick(['elected', 'everywhere']),
  auditPace: random.pick([0, 0, 5_000]),
});

// Many times what the longest seed takes.
const MOST_MOMENTS = 300_000;
// Longer than a lease takes to run out, the sweeper to come round, and whatever was tried again to succeed.
const LONGEST_AFTERMATH = 20_000;

/** One ledger with all that happens to it. */
class Simulation {
  readonly world = new World();
  readonly network: VirtualNetwork;
  readonly #plan: Plan;
  readonly #witness = new Witness(this.world, openMemoryStorage());
  readonly #site: Site;
  readonly #cluster: Cluster;
  readonly #clients: Clients;
  readonly #book: OrderBook;
  readonly #known: Knowledge;
  readonly #chance: Random;
  #weather: Weather = fairWeather;

  constructor(
    readonly seed: number,
    private readonly conditions: Conditions,
  ) {
    const { composition = soundComposition, plan, fates } = conditions;
    this.network = new VirtualNetwork(this.world, new Random(seed, 'connections'));
    this.#plan = { ...planOf(new Random(seed, 'plan')), ...plan };
    this.#chance = new Random(seed, 'chance');
    const { limits, office, auditPace, accounts, processes } = this.#plan;
    const { world } = this;
    const byChance = fatesOf(new Random(seed, 'fates'), () => this.#weather);
    const shared = { limits, office, auditPace, composition, calls: { made: 0 }, storage: this.#witness.storage };
    this.#site = { ...shared, world, network: this.network, fates: fates ?? byChance };
    const ids = new Ids();
    this.#cluster = new Cluster(this.#site, ids, new Random(seed, 'cluster'), processes);
    this.#known = { accounts, moved: [], holds: [], items: [] };
    this.#book = new OrderBook(new Random(seed, 'orders'), this.#known);
    this.#clients = new Clients({
      world,
      ids,
      random: new Random(seed, 'network'),
      reach: this.#cluster.reach,
      loss: () => (this.#weather === fairWeather ? 0 : this.#plan.loss),
      onAnswered: (attempt) => this.#learn(attempt),
    });
  }

  async run(): Promise<SeedResult> {
    const broken = await this.#course().catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
    const { trace, now } = this.world;
    const digest = createHash('sha256').update(trace.join('\n')).digest('hex');
    const { calls } = this.#site;
    const counts = { events: this.#witness.log.length, requests: this.#clients.attempts.length, calls: calls.made };
    const { scenario } = this.conditions;
    return { seed: this.seed, scenario, broken, digest, trace, ...counts, crashes: this.#cluster.crashes, lasted: now };
  }

  async #course(): Promise<readonly string[]> {
    for (const order of this.#book.openings()) this.#clients.send(order, 10);
    if (this.#plan.past > 0) this.#clients.send(this.#book.past(this.#plan.past), 200);
    await this.#until(() => this.#clients.open === 0);
    this.#weather = this.#plan.weather;
    this.#arrangeOrders();
    this.#arrangeMisfortunes();
    await this.#rest(this.#plan.duration);
    await this.#until(() => this.#clients.open === 0);
    this.#weather = fairWeather;
    this.#cluster.calm();
    await this.#askAgain();
    await this.#becomeQuiet();
    return this.#check();
  }

  #until(isOver: () => boolean): Promise<void> {
    return this.world.run(isOver, MOST_MOMENTS);
  }

  async #rest(duration: number): Promise<void> {
    let isOver = false;
    this.world.arrange(partyNamed('director'), duration, 'a while later', () => (isOver = true));
    await this.#until(() => isOver);
  }

  /** Until everything is sealed and every hold that is due has ended, or should have long ago. */
  async #becomeQuiet(): Promise<void> {
    const { world } = this;
    const latest = world.now + LONGEST_AFTERMATH;
    const isDone = (): boolean =>
      this.#witness.sealed === this.#witness.log.length &&
      this.#witness.dueHolds(BEGINNING + world.now + LATEST_CLOCK) === 0;
    await this.#until(() => world.now > latest || isDone());
  }

  #arrangeOrders(): void {
    const { orders, duration } = this.#plan;
    const director = partyNamed('director');
    if (typeof orders !== 'number') {
      for (const [delay, items] of orders) this.#clients.send(this.#book.order(items), delay);
      return;
    }
    for (let made = 0; made < orders; made += 1) {
      this.world.arrange(director, this.#chance.whole(0, duration), 'somebody wants something', () => {
        const order = this.#book.next(BEGINNING + Math.floor(this.world.now));
        this.#clients.send(order, 0);
        if (this.#chance.happens(0.06)) this.#clients.send(order, this.#chance.whole(0, 4));
      });
    }
  }

  #arrangeMisfortunes(): void {
    const { duration, kills, pauses, clockMoves, disturbances } = this.#plan;
    const fate = partyNamed('fate');
    const arrange = (count: number, what: string, happen: () => void): void => {
      for (let done = 0; done < count; done += 1)
        this.world.arrange(fate, this.#chance.whole(0, duration), what, happen);
    };
    arrange(kills, 'kills', () => this.#cluster.kill());
    arrange(pauses, 'pauses', () => this.#cluster.pause());
    arrange(clockMoves, 'moves a clock', () => this.#cluster.moveClock());
    arrange(disturbances, 'disturbs a connection', () => this.network.disturb());
  }

  /** Every request that nobody knows the end of once more, and some of the others: now the truth must come out. */
  async #askAgain(): Promise<void> {
    const settled = new Set(
      this.#clients.attempts.filter(({ heard }) => heard?.kind === 'answered').map(({ order }) => order),
    );
    const orders = [...new Set(this.#clients.attempts.map(({ order }) => order))];
    for (const order of orders) {
      if (settled.has(order) && !this.#chance.happens(0.25)) continue;
      this.#clients.send(order, this.#chance.whole(0, 400));
    }
    await this.#until(() => this.#clients.open === 0);
  }

  #learn({ order, eventIds, heard }: Attempt): void {
    order.items.forEach(({ want }, index) => {
      const [first] = eventIds[index] ?? [];
      const isNew = heard?.kind === 'answered' && heard.replayed[index] === false;
      const isMove = ['DepositMoney', 'WithdrawMoney', 'TransferMoney', 'CaptureHold'].includes(want.type);
      if (first && isNew && isMove) this.#known.moved.push(first);
    });
  }

  /** In a moment of the world, like everything else. */
  async #check(): Promise<readonly string[]> {
    let broken: readonly string[] | undefined;
    this.world.arrange(partyNamed('auditor'), 0, 'looks at everything', () => {
      const evidence = {
        storage: this.#witness.storage,
        log: this.#witness.log,
        attempts: this.#clients.attempts,
        trace: this.world.trace,
        clockErrors: [...this.#cluster.clockErrors],
        now: BEGINNING + this.world.now + LATEST_CLOCK,
      };
      void brokenRules(evidence).then(
        (found) => (broken = found),
        (error: unknown) => (broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)]),
      );
    });
    await this.#until(() => broken !== undefined);
    return broken ?? [];
  }
}

/** Runs one seed from its first moment to its last, and says which rules were broken. */
export const runSeed = async (seed: number, conditions: Conditions = {}): Promise<SeedResult> => {
  const simulation = new Simulation(seed, conditions);
  const leave = standIn(simulation.world, simulation.network, new Random(seed, 'runtime'));
  try {
    return await simulation.run();
  } finally {
    leave();
  }
};
