import { randomUUID } from 'node:crypto';
import type { BulkWriteOptions } from 'mongodb';
import type { Connection, mongo } from 'mongoose';
import { driverCallsOf } from '../baselines/driver-calls.ts';
import { Recording, type RecordedTransaction } from '../baselines/recording.ts';
import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import type { OpenedAccounts } from '../servers/accounts.ts';
import type { Filled, FillOrder, FillPart } from '../servers/fill.ts';
import { obey } from './obey.ts';

const BATCH = 1_000;
const FIRST_EVENTS = 2;
const TIMEOUT = 600_000;

// Nobody relies on what is only half filled, so nothing waits for the journal, and validators have seen such documents before.
const quickly: BulkWriteOptions = {
  ordered: false,
  bypassDocumentValidation: true,
  writeConcern: { w: 1, journal: false },
};

type Row = { readonly _id: string; readonly ledgerBalance: bigint; readonly version: number };

/** Everything that the ledger's own code writes for a history, written without transactions; of each account the last row. */
class Filling {
  readonly #accountIds: readonly string[];
  readonly #accounts = new Map<string, Row>();
  readonly #recording: Recording;
  readonly #database: mongo.Db;
  #events = 0;
  #next = 0;

  private constructor(
    connection: Connection,
    private readonly order: FillOrder,
  ) {
    this.#database = connection.getClient().db(connection.name);
    this.#accountIds = Array.from({ length: order.count }, () => randomUUID());
    this.#recording = new Recording(order.count, openMongoStorage(connection, TIMEOUT).snapshots);
  }

  static async open(order: FillOrder): Promise<Filling> {
    return new Filling(await connectMongo({ uri: order.uri, timeout: TIMEOUT, poolSize: 20 }), order);
  }

  /** Adds so many events, or as many as are left. */
  async add(events: number): Promise<Filled> {
    const goal = Math.min(this.#events + events, this.order.count * this.order.eventsEach);
    // The next batch is decided while the last one is being written, and never two are written at once: concurrent inserts next to
    // each other in one unique index were seen to hold mongod 6.0.5 up for minutes.
    let writing = Promise.resolve();
    while (this.#events < goal) {
      const batch = await this.#nextBatch(goal - this.#events);
      await writing;
      writing = this.#write(batch);
    }
    await writing;
    await this.#recording.drain();
    if (goal < this.order.count * this.order.eventsEach) return { events: this.#events };
    return { events: this.#events, accounts: await this.#complete() };
  }

  /** First all accounts are opened, then each in turn is paid into. */
  async #nextBatch(left: number): Promise<RecordedTransaction> {
    const { count } = this.order;
    const opened = this.#next < count;
    const most = opened ? Math.min(BATCH, count - this.#next) : Math.min(BATCH, left);
    const ids = Array.from({ length: most }, (_, index) => this.#accountIds[(this.#next + index) % count] ?? '');
    this.#next += most;
    this.#events += opened ? most * FIRST_EVENTS : most;
    return opened ? this.#recording.open(ids) : this.#recording.deposit(ids);
  }

  async #write(transaction: RecordedTransaction): Promise<void> {
    for (const { table, rows } of transaction.flatMap(putsOf)) {
      if (table !== 'accounts') throw new Error(`A history has no such rows in ${table}.`);
      for (const row of rows) this.#accounts.set(row._id, row);
    }
    const inserts = driverCallsOf(transaction).flatMap((call) => {
      if (!('insert' in call) || (call.insert === idempotencyKeysTable.name && !this.order.withKeys)) return [];
      return [this.#database.collection<{ _id: string }>(call.insert).insertMany([...call.documents], quickly)];
    });
    await Promise.all(inserts);
  }

  async #complete(): Promise<OpenedAccounts> {
    const rows = this.#accountIds.flatMap((id) => this.#accounts.get(id) ?? []);
    await this.#database.collection<{ _id: string }>('accounts').insertMany([...rows]);
    return {
      ids: this.#accountIds,
      balances: rows.map(({ ledgerBalance }) => Number(ledgerBalance)),
      versions: rows.map(({ version }) => version),
    };
  }
}

const putsOf = (write: RecordedTransaction[number]): readonly { table: string; rows: readonly Row[] }[] => {
  if (write.kind === 'events') return [];
  const rows = write.writes.flatMap((one) => (one.kind === 'put' ? [one.row as unknown as Row] : []));
  return rows.length > 0 ? [{ table: write.table, rows }] : [];
};

let filling: Promise<Filling> | undefined;

obey(async ({ events, ...order }: FillPart) => {
  filling ??= Filling.open(order);
  return (await filling).add(events);
});
