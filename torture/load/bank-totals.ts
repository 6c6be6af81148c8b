import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { randomAt } from '../../src/load/random.ts';
import type { Breaches } from '../breaches.ts';
import { OWN_NAME } from '../servers/relay.ts';
import type { Bank } from './bank.ts';
import type { History } from './history.ts';
import type { Judge } from './judge.ts';
import type { Sender } from './sender.ts';

const SNAPSHOT_PAUSE_MS = 10;
const BALANCE_PAUSE_MS = 400;
const PATIENCE_MS = 2_000;

type Row = {
  readonly _id: string;
  readonly ownerId: string;
  readonly ledgerBalance: number;
  readonly availableBalance: number;
};

type Line = { readonly ledgerAccount: string; readonly balance: string };
type TrialBalance = {
  readonly isBalanced: boolean;
  readonly asOf: string;
  readonly knownAt: string;
  readonly ledgerAccounts: readonly Line[];
};

export type TotalParts = {
  readonly uri: string;
  readonly bank: Bank;
  readonly history: History;
  readonly judge: Judge;
  readonly sender: Sender;
  readonly breaches: Breaches;
};

/** Reads over and over what the bank holds, in one moment of the store each. A reading that fails is none. */
export class BankTotals {
  readonly counts = { snapshots: 0, trialBalances: 0, failed: 0 };
  #goesOn = true;
  #running: Promise<unknown> = Promise.resolve();
  readonly #client: MongoClient;

  constructor(private readonly parts: TotalParts) {
    this.#client = new MongoClient(parts.uri, {
      appName: OWN_NAME,
      serverSelectionTimeoutMS: PATIENCE_MS,
      connectTimeoutMS: PATIENCE_MS,
      socketTimeoutMS: PATIENCE_MS,
      heartbeatFrequencyMS: 500,
    });
  }

  start(): void {
    this.#running = Promise.all([
      this.#again(() => this.#readSnapshot(), SNAPSHOT_PAUSE_MS),
      this.#again(() => this.readTrialBalance(), BALANCE_PAUSE_MS),
    ]);
  }

  async stop(): Promise<void> {
    this.#goesOn = false;
    await this.#running;
    await this.#client.close().catch(() => undefined);
  }

  /** Whether it was read. What it says is held against the events at the end. */
  async readTrialBalance(): Promise<boolean> {
    const { sender, judge, history, breaches } = this.parts;
    const door = sender.anyDoor(randomAt(this.counts.trialBalances, this.counts.failed));
    const timed = await door.send({ method: 'GET', path: '/v1/trial-balance' });
    const verdict = judge.judge('GET /v1/trial-balance', door, timed);
    if (verdict.kind !== 'done') return false;
    const { isBalanced, asOf, knownAt, ledgerAccounts } = JSON.parse(verdict.body) as TrialBalance;
    if (!isBalanced) breaches.add('trial-balance', `debits and credits differ: ${verdict.body}`);
    const owed = ledgerAccounts.find(({ ledgerAccount }) => ledgerAccount === 'customer-deposits');
    const { sent, answered } = timed;
    // Customers are creditors: what they are owed is negative.
    const total = -Number(owed?.balance ?? 0);
    history.trialBalances.push({ by: door.node.name, sent, answered, asOf, knownAt, total });
    this.counts.trialBalances += 1;
    return true;
  }

  async #again(read: () => Promise<boolean>, pause: number): Promise<void> {
    while (this.#goesOn) {
      const isRead = await read();
      if (!isRead) this.counts.failed += 1;
      await sleep(pause);
    }
  }

  /** All balances in one snapshot of the store: what is only moved about adds up to the same every time. */
  async #readSnapshot(): Promise<boolean> {
    const session = this.#client.startSession({ snapshot: true });
    try {
      const rows = await this.#client.db('daybook').collection<Row>('accounts').find({}, { session }).toArray();
      this.#compare(rows);
      return true;
    } catch {
      return false;
    } finally {
      await session.endSession().catch(() => undefined);
    }
  }

  #compare(rows: readonly Row[]): void {
    const { bank, breaches } = this.parts;
    const closed = rows.filter(({ ownerId }) => ownerId === 'closed');
    const total = closed.reduce((sum, { ledgerBalance }) => sum + ledgerBalance, 0);
    const must = bank.initialTotal('closed');
    if (total !== must) breaches.add('bank-total', `the closed accounts hold ${total} instead of ${must}`);
    for (const { _id, availableBalance } of rows.filter((row) => row.availableBalance < 0)) {
      breaches.add('below-limit', `${_id} was read with an available balance of ${availableBalance}`);
    }
    this.counts.snapshots += 1;
  }
}
