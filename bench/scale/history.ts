import { randomUUID } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { driverCallsOf } from '../baselines/driver-calls.ts';
import { commandOf, Recording, type RecordedTransaction } from '../baselines/recording.ts';
import type { Command, Wish } from '../../src/application/commands/command.ts';
import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits, NO_MONEY } from '../../src/domain/money/money.ts';
import { instant } from '../../src/domain/time/instant.ts';
import type { TransferId } from '../../src/domain/transfer/transfer-id.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { migrate } from '../../src/storage/mongo/migrations/migrate.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';

/** A past for a ledger: so many accounts, with so many events in all. */
export type HistoryOrder = {
  readonly accounts: number;
  readonly events: number;
  /** Of a hundred commands so many are transfers; there must be two accounts then. */
  readonly transfers: number;
};

const DAY = 86_400_000;
const DAYS = 1_000;
/** Of a hundred postings so many count on an earlier day, anywhere between the opening and then. */
const BACK_DATED = 0.01;
const EUR = 'EUR' as Currency;
const OPENED_WITH = 1_000_000_000_000n;
const EVENTS_AT_ONCE = 1_000;
const TIMEOUT = 600_000;

// Nobody relies on what is only half filled, so nothing waits for the journal, and validators have seen such documents before.
const quickly: mongo.BulkWriteOptions = {
  ordered: false,
  bypassDocumentValidation: true,
  writeConcern: { w: 1, journal: false },
};

type Row = { readonly _id: string };

const below = (limit: number): number => Math.floor(Math.random() * limit);

/** Writes what the ledger's own code makes of commands that came over a thousand days, without transactions. */
class History {
  readonly #ids: readonly string[];
  readonly #opened = Date.now() - DAYS * DAY - DAY;
  #now = this.#opened;
  readonly #rows = new Map<string, Row>();
  readonly #recording: Recording;
  readonly #database: mongo.Db;
  #pending = new Map<string, Row[]>();
  #unwritten = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #events = 0;

  constructor(
    connection: Connection,
    private readonly order: HistoryOrder,
  ) {
    this.#database = connection.getClient().db(connection.name);
    this.#ids = Array.from({ length: order.accounts }, () => randomUUID());
    const clock = { now: () => instant(this.#now) };
    this.#recording = new Recording(order.accounts, openMongoStorage(connection, TIMEOUT).snapshots, clock);
  }

  async write(report: (line: string) => void): Promise<readonly string[]> {
    const { events, accounts } = this.order;
    // As small as batches are: what one account gets in one batch is recorded in the same millisecond.
    const atOnce = accounts === 1 ? 10 : 100;
    for (let start = 0; start < accounts; start += atOnce) {
      await this.#take(this.#ids.slice(start, start + atOnce).map((id) => commandOf(this.#opening(id))));
    }
    while (this.#events < events) {
      this.#now = this.#opened + Math.floor((DAYS * DAY * this.#events) / events);
      const commands: Command[] = [];
      for (let left = Math.min(atOnce, events - this.#events); left > 0;) {
        const wish = this.#wish(left);
        commands.push(commandOf(wish));
        left -= wish.type === 'TransferMoney' ? 2 : 1;
      }
      await this.#take(commands);
      if (this.#events % 100_000 < atOnce) report(`filling: ${this.#events} of ${events} events`);
    }
    await this.#flush();
    await this.#writing;
    await this.#recording.drain();
    await this.#database.collection<Row>('accounts').insertMany([...this.#rows.values()]);
    return this.#ids;
  }

  #opening(id: string): Wish {
    const terms = { accountId: id as AccountId, ownerId: 'scale', currency: EUR, overdraftLimit: NO_MONEY };
    return { type: 'OpenAccount', ...terms, initialDeposit: { amount: minorUnits(OPENED_WITH) } };
  }

  #wish(most: number): Wish {
    const { transfers } = this.order;
    const account = below(this.#ids.length);
    const [accountId, other] = [account, (account + 1) % this.#ids.length].map(
      (index) => this.#ids[index] as AccountId,
    );
    const money = { amount: minorUnits(BigInt(1 + below(1_000))), currency: EUR };
    const effectiveAt = instant(this.#opened + below(this.#now - this.#opened));
    const posting = { money, ...(Math.random() < BACK_DATED && { effectiveAt }) };
    if (most > 1 && below(100) < transfers) {
      const parties = { fromAccountId: accountId as AccountId, toAccountId: other as AccountId };
      return {
        type: 'TransferMoney',
        transferId: randomUUID() as TransferId,
        ...parties,
        ...posting,
        reference: 'rent',
      };
    }
    return { type: 'DepositMoney', accountId: accountId as AccountId, ...posting, reference: 'salary' };
  }

  async #take(commands: readonly Command[]): Promise<void> {
    const transaction = await this.#recording.record(commands);
    this.#keepAccounts(transaction);
    for (const call of driverCallsOf(transaction)) {
      if (!('insert' in call) || call.insert === idempotencyKeysTable.name) continue;
      const documents = this.#pending.get(call.insert) ?? [];
      documents.push(...call.documents);
      this.#pending.set(call.insert, documents);
      if (call.insert !== 'events') continue;
      this.#events += call.documents.length;
      this.#unwritten += call.documents.length;
    }
    if (this.#unwritten >= EVENTS_AT_ONCE) await this.#flush();
  }

  /** Of each account the last row is written, at the end. */
  #keepAccounts(transaction: RecordedTransaction): void {
    for (const write of transaction) {
      if (write.kind !== 'rows' || write.table !== 'accounts') continue;
      for (const one of write.writes) if (one.kind === 'put') this.#rows.set(one.row._id, one.row);
    }
  }

  /** What comes next is decided while this is being written, and never two are written at once. */
  async #flush(): Promise<void> {
    await this.#writing;
    const inserts = [...this.#pending].map(([name, documents]) =>
      this.#database.collection<Row>(name).insertMany(documents, quickly),
    );
    this.#pending = new Map();
    this.#unwritten = 0;
    this.#writing = Promise.all(inserts);
  }
}

/** Fills the database that the URI names, which is empty so far; gives the ids of the accounts, in the order of the orders. */
export const writeHistory = async (
  uri: string,
  orders: readonly HistoryOrder[],
  report: (line: string) => void,
): Promise<readonly string[]> => {
  const connection = await connectMongo({ uri, timeout: TIMEOUT, poolSize: 20 });
  try {
    await migrate(connection.getClient().db(connection.name), () => new Date());
    const ids: string[] = [];
    for (const order of orders) ids.push(...(await new History(connection, order).write(report)));
    return ids;
  } finally {
    await connection.close();
  }
};
