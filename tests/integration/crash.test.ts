import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import { type LocalReplicaSet, openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';
import { ApiClient } from '../support/api.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { isAcknowledged, isOpen, Load, settle } from '../support/load.ts';
import { amountsOf, expectedAmounts, keysOf } from '../support/load-effects.ts';
import { verifyLedger } from '../support/verify-ledger.ts';
import { temporaryDirectories } from './local-mongod/support.ts';

const directories = temporaryDirectories();

/** A mongod of the test's own, which comes back at the same address after it was killed. */
class Mongod {
  #running: LocalReplicaSet | undefined;

  private constructor(
    private readonly dataDirectory: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<Mongod> {
    const mongod = new Mongod(await directories.make(), await freePort());
    await mongod.#open();
    return mongod;
  }

  get uri(): string {
    return this.#running?.uri ?? '';
  }

  async killAndRestart(): Promise<void> {
    if (this.#running) process.kill(this.#running.pid, 'SIGKILL');
    await this.stop();
    await this.#open();
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async #open(): Promise<void> {
    this.#running = await openLocalReplicaSet({
      dataDirectory: this.dataDirectory,
      findMongod: () => Promise.resolve(inject('mongodPath')),
      report: () => undefined,
      attach: false,
      purpose: 'npm test',
      port: this.port,
      // By default a minute, for which accounts would stay blocked that a process was writing to when it was killed.
      mongodArguments: ['--setParameter', 'transactionLifetimeLimitSeconds=3'],
    });
  }
}

describe('kill -9 under load', () => {
  let mongod: Mongod;
  let database: TestDatabase;
  const accounts = Array.from({ length: 8 }, (_, index) => `account-${index}`);
  const opening = 1_000;
  const ports: number[] = [];
  const processes: (ApiProcess | undefined)[] = [];

  const start = async (index: number): Promise<void> => {
    const [port] = ports.slice(index);
    processes[index] = await startApiProcess({ MONGODB_URI: database.uri, PORT: String(port), LOG_LEVEL: 'error' });
  };

  /** Load on these processes while `disturb` goes on, and everything that was sent until then. */
  const underLoad = async (indexes: readonly number[], senders: number, disturb: (load: Load) => Promise<void>) => {
    const load = new Load(indexes.map(client), accounts, senders);
    try {
      await disturb(load);
    } finally {
      await load.stop();
    }
    return load.sent;
  };

  const client = (index: number): ApiClient => new ApiClient(`http://127.0.0.1:${ports[index]}`);

  beforeAll(async () => {
    mongod = await Mongod.start();
    database = await openTestDatabase(mongod.uri);
    ports.push(await freePort(), await freePort());
    await Promise.all([start(0), start(1)]);
    for (const accountId of accounts) await client(0).open({ accountId, initialDeposit: { amount: opening } });
  });
  afterAll(async () => {
    for (const process of processes) await process?.kill('SIGKILL');
    await database.drop();
    await mongod.stop();
    await directories.removeAll();
  });

  const killApi = async (index: number): Promise<void> => {
    await processes[index]?.kill('SIGKILL');
    await start(index);
  };

  it(
    'loses no acknowledged command, halves no transfer, and settles every key to one effect',
    { timeout: 120_000 },
    async () => {
      const sent = await underLoad([0, 1], 12, async (load) => {
        const working = async (): Promise<void> => {
          await load.progress(30);
          await sleep(randomInt(0, 400));
        };
        for (let round = 0; round < 5; round += 1) {
          await working();
          await killApi(round % 2);
          await working();
          await mongod.killAndRestart();
        }
        await working();
      });

      const acknowledged = sent.filter(isAcknowledged);
      const open = sent.filter(isOpen);
      expect(acknowledged.length).toBeGreaterThan(500);
      expect(open.length).toBeGreaterThan(10);
      // Whatever had no answer got none, or one that says to come again: no other error reached a client. A conflict that lasts is
      // the transaction of a killed process, which holds its documents until the store gives it up.
      const codes = new Set(open.flatMap(({ reply }) => (reply ? [String(reply.body.code)] : [])));
      for (const code of codes) expect(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'CONCURRENCY_CONFLICT']).toContain(code);

      const before = keysOf((await verifyLedger(database.storage)).events);
      const lost = acknowledged.filter(
        (command) => before.get(command.key)?.length !== expectedAmounts(command).length,
      );
      expect(lost.map(({ key }) => key)).toEqual([]);

      const repeated = await settle(client(0), acknowledged);
      const answers = new Map(acknowledged.map(({ key, reply }) => [key, reply?.text]));
      expect(repeated.filter(({ key, reply }) => reply?.text !== answers.get(key))).toEqual([]);
      expect(repeated.filter(({ reply }) => reply?.headers.get('idempotency-replayed') !== 'true')).toEqual([]);

      const settled = await settle(client(1), open);
      const { faults, events, balances } = await verifyLedger(database.storage);
      expect(faults).toEqual([]);
      const byKey = keysOf(events);
      const effective = [...acknowledged, ...settled.filter(isAcknowledged)];
      for (const command of effective)
        expect(amountsOf(byKey.get(command.key) ?? [])).toEqual(expectedAmounts(command));
      const refused = [...sent.filter((command) => !isOpen(command)), ...settled].filter(
        (command) => !isAcknowledged(command),
      );
      for (const { key, reply } of refused) {
        expect(reply?.body.code).toBe('INSUFFICIENT_FUNDS');
        expect(byKey.get(key)).toBeUndefined();
      }
      const deposited = effective.filter(({ path }) => path !== '/v1/transfers');
      const expected = deposited.reduce((sum, { body }) => sum + body.amount, accounts.length * opening);
      expect(balances).toBe(BigInt(expected));
    },
  );

  it('SIGTERM lets every accepted request end, and the process ends with exit code 0 in time', async () => {
    for (const index of [0, 1]) {
      const sent = await underLoad([index], 24, async (load) => {
        await load.progress(100);
        const asked = performance.now();
        const code = await processes[index]?.kill('SIGTERM');
        expect(performance.now() - asked).toBeLessThan(5_000);
        expect(code).toBe(0);
      });
      await start(index);

      const { faults, events } = await verifyLedger(database.storage);
      expect(faults).toEqual([]);
      const byKey = keysOf(events);
      for (const command of sent) {
        // A request that was not answered was not taken: nothing happened that its sender does not know of.
        const amounts = isAcknowledged(command) ? expectedAmounts(command) : [];
        expect(amountsOf(byKey.get(command.key) ?? [])).toEqual(amounts);
        if (command.reply && isOpen(command)) expect(command.reply.body.code).toBe('UNAVAILABLE');
      }
    }
  });
});
