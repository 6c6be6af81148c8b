import { hash, randomUUID } from 'node:crypto';
import type { Command, Wish } from '../../src/application/commands/command.ts';
import type { BatchSettler } from '../../src/application/commit/settle-batch.ts';
import type { Snapshotter } from '../../src/application/commit/snapshotter.ts';
import { newId } from '../../src/application/new-id.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { SnapshotStore, StreamTail } from '../../src/application/ports/event-store.ts';
import type { Log } from '../../src/application/ports/log.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row, RowWrite, Table, TableName } from '../../src/application/ports/table.ts';
import type { UnitOfWork } from '../../src/application/ports/unit-of-work.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits, NO_MONEY } from '../../src/domain/money/money.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { settlerOver, settleTogether, snapshotterOver } from './settler.ts';

/** One statement of a transaction, in the ledger's own words. */
export type RecordedWrite =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  | { readonly kind: 'rows'; readonly table: string; readonly writes: readonly RowWrite<Row>[] };

/** Everything that one batch writes, in order. */
export type RecordedTransaction = readonly RecordedWrite[];

type Take = (transaction: RecordedTransaction) => void;

const recordingTable = <R extends Row>({ name }: TableName<R>): Table<R> => ({
  get: () => Promise.resolve(undefined),
  getMany: () => Promise.resolve([]),
  range: () => Promise.resolve([]),
  stored: () => Promise.resolve([]),
  sum: () => Promise.resolve(0n),
  write: (work, writes) => {
    (work as unknown as RecordedWrite[]).push({ kind: 'rows', table: name, writes });
    return Promise.resolve();
  },
});

/** A store that is always empty to whoever reads, and hands on what is written. The accounts live in the ledger's cache. */
const recordingStorage = (take: Take, snapshots: SnapshotStore): Storage => {
  const memory = openMemoryStorage();
  const nothing: StreamTail = { events: [] };
  return {
    ...memory,
    table: recordingTable,
    snapshots,
    events: Object.assign(memory.events, {
      append: (work: UnitOfWork, events: readonly RecordedEvent[]) => {
        (work as unknown as RecordedWrite[]).push({ kind: 'events', events });
        return Promise.resolve();
      },
      tails: (streamIds: Iterable<string>) => Promise.resolve(new Map([...streamIds].map((id) => [id, nothing]))),
    }),
    transactionally: async (body) => {
      const writes: RecordedWrite[] = [];
      const result = await body(writes as unknown as UnitOfWork);
      take(writes);
      return result;
    },
  };
};

const noSnapshots: SnapshotStore = {
  nearest: () => Promise.resolve(undefined),
  between: () => Promise.resolve([]),
  placesBehind: () => Promise.resolve([]),
  put: () => Promise.resolve(),
};

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const EUR = 'EUR' as Currency;
const LONG_ENOUGH = 3_600_000;
const THIRTY_DAYS = 30 * 86_400_000;

/** A command as a client would send it, with a key of its own. */
export const commandOf = (wish: Wish): Command => ({
  wish,
  envelope: {
    correlationId: newId(),
    actor: 'anonymous',
    idempotency: { key: randomUUID(), requestHash: hash('sha256', randomUUID(), 'base64url') },
    eventIds: [newId() as EventId, newId() as EventId],
  },
});

const opening = (accountId: string): Command => {
  const terms = { accountId: accountId as AccountId, ownerId: 'bench', currency: EUR, overdraftLimit: NO_MONEY };
  const initialDeposit = { amount: minorUnits(1_000_000_000n) };
  return commandOf({ type: 'OpenAccount', ...terms, initialDeposit });
};

const depositOn = (accountId: string): Command => {
  const money = { amount: minorUnits(BigInt(1 + Math.floor(Math.random() * 1_000))), currency: EUR };
  const wish = { type: 'DepositMoney', accountId: accountId as AccountId, money, reference: 'salary' } as const;
  return commandOf(wish);
};

/**
 * The ledger's own code, from command to writes, over a store that only takes notes: what it would write is had without
 * writing it. Accounts are opened by it and known to it alone.
 */
export class Recording {
  readonly #settler: BatchSettler;
  readonly #snapshotter: Snapshotter;
  #last: RecordedTransaction | undefined;

  constructor(accounts: number, snapshots: SnapshotStore = noSnapshots, clock?: Clock) {
    const storage = recordingStorage((transaction) => (this.#last = transaction), snapshots);
    const cache = { accountCache: accounts, keepKeysFor: THIRTY_DAYS };
    const settling = { storage, log: silent, ...cache, ...(clock && { clock }) };
    this.#snapshotter = snapshotterOver(settling);
    this.#settler = settlerOver(settling, this.#snapshotter);
  }

  /** What opening these accounts writes. */
  open(accountIds: readonly string[]): Promise<RecordedTransaction> {
    return this.record(accountIds.map(opening));
  }

  /** What one deposit on each of these accounts, in one batch, writes. */
  deposit(accountIds: readonly string[]): Promise<RecordedTransaction> {
    return this.record(accountIds.map(depositOn));
  }

  /** Resolves when every snapshot that is due has been handed over. */
  drain(): Promise<void> {
    return this.#snapshotter.drain();
  }

  /** What these commands, in one batch, write. Rejects where one of them is refused. */
  async record(commands: readonly Command[]): Promise<RecordedTransaction> {
    await Promise.all(settleTogether(this.#settler, commands, LONG_ENOUGH));
    if (!this.#last) throw new Error('The batch wrote nothing.');
    return this.#last;
  }
}
