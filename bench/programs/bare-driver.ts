import { randomUUID } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { commitCalls, type DriverCall, driverCallsOf } from '../baselines/driver-calls.ts';
import { mustSendTheSame } from '../baselines/compare-commands.ts';
import { type RecordedTransaction, Recording } from '../baselines/recording.ts';
import { emptyBooks } from '../client/books.ts';
import type { LoadResult } from '../client/load.ts';
import { migrate } from '../../src/storage/mongo/migrations/migrate.ts';
import { obey } from './obey.ts';

export type BareDriverOrder = { readonly uri: string; readonly batch: number; readonly seconds: number };

const ACCOUNTS = 1_000;
// Prepared at once, between the moments that are timed.
const COMMANDS_AHEAD = 2_000;
const TRANSACTIONS_AHEAD = 8;

/** One lane of transactions: what each writes is known before its time is taken. */
class Lane {
  readonly #accountIds = Array.from({ length: ACCOUNTS }, () => randomUUID());
  readonly #recording = new Recording(ACCOUNTS);
  #ahead: (readonly DriverCall[])[] = [];

  private constructor(
    private readonly client: MongoClient,
    private readonly batch: number,
  ) {}

  static async open({ uri, batch }: BareDriverOrder): Promise<Lane> {
    const client = await MongoClient.connect(uri, { useBigInt64: true, ignoreUndefined: true });
    const lane = new Lane(client, batch);
    await migrate(lane.#database, () => new Date());
    await lane.#commit(driverCallsOf(await lane.#recording.open(lane.#accountIds)));
    const first = await lane.#deposits();
    await mustSendTheSame(uri, first);
    await lane.#commit(driverCallsOf(first));
    return lane;
  }

  get #database(): Db {
    return this.client.db();
  }

  async run(seconds: number): Promise<LoadResult> {
    const latencies: number[] = [];
    let cpu = 0;
    let timed = 0;
    while (timed < seconds * 1_000) {
      await this.#prepare();
      const cpuBefore = process.cpuUsage();
      const begun = performance.now();
      while (this.#ahead.length > 0 && timed + performance.now() - begun < seconds * 1_000) {
        const start = performance.now();
        await this.#commit(this.#ahead.shift() ?? []);
        latencies.push(performance.now() - start);
      }
      timed += performance.now() - begun;
      const { user, system } = process.cpuUsage(cpuBefore);
      cpu += user + system;
    }
    return this.#result(latencies, timed / 1_000, cpu);
  }

  async #prepare(): Promise<void> {
    const transactions = Math.max(TRANSACTIONS_AHEAD, Math.ceil(COMMANDS_AHEAD / this.batch));
    while (this.#ahead.length < transactions) this.#ahead.push(driverCallsOf(await this.#deposits()));
  }

  #deposits(): Promise<RecordedTransaction> {
    return this.#recording.deposit(Array.from({ length: this.batch }, () => this.#someAccount()));
  }

  #someAccount(): string {
    return this.#accountIds[Math.floor(Math.random() * ACCOUNTS)] ?? '';
  }

  async #commit(calls: readonly DriverCall[]): Promise<void> {
    await this.client.withSession((session) => commitCalls(this.#database, session, calls));
  }

  #result(latencies: readonly number[], seconds: number, serverCpu: number): LoadResult {
    const commands = latencies.length * this.batch;
    return {
      latencies: Float64Array.from(latencies),
      inTime: commands,
      seconds,
      operations: commands,
      commands,
      outcomes: { committed: latencies.length },
      errors: 0,
      books: emptyBooks(0),
      clientCpu: undefined,
      serverCpu,
    };
  }
}

let lane: Promise<Lane> | undefined;

obey(async (order: BareDriverOrder) => {
  lane ??= Lane.open(order);
  return (await lane).run(order.seconds);
});
