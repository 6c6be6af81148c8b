import { randomUUID } from 'node:crypto';
import type { Command, Wish, Wording } from '../../src/application/commands/command.ts';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { EventStore } from '../../src/application/ports/event-store.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row } from '../../src/application/ports/table.ts';
import { composeDaybook, type Daybook, type Limits } from '../../src/compose.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { EventId, TransactionId } from '../../src/domain/event/event-id.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import type { Change, Projection } from '../../src/projections/projection.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { START } from './facts.ts';

/** A clock that stands until it is moved, also backwards. */
export class ManualClock implements Clock {
  #moment: number = START;

  readonly now = (): Instant => instant(this.#moment);

  move(milliseconds: number): void {
    this.#moment += milliseconds;
  }
}

/** A promise that the test keeps when it wants to. */
export const signal = (): { readonly given: Promise<void>; readonly give: () => void } => {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
};

export type Interference = {
  /** Runs when all writes of a transaction are made; what it throws undoes them. Attempts count from 1. */
  readonly beforeCommit?: (events: readonly RecordedEvent[], attempt: number) => Promise<void> | void;
  /** Runs when the transaction is in the store; what it throws is all that the ledger hears of it. */
  readonly afterCommit?: (events: readonly RecordedEvent[], attempt: number) => Promise<void> | void;
  readonly events?: (events: EventStore) => Partial<EventStore>;
  readonly table?: Storage['table'];
};

const delegate = (events: EventStore): EventStore => ({
  append: (work, batch) => events.append(work, batch),
  get: (eventId) => events.get(eventId),
  read: (streamId, range) => events.read(streamId, range),
  tails: (streamIds, foldVersion) => events.tails(streamIds, foldVersion),
  reversedTotals: (eventIds) => events.reversedTotals(eventIds),
  reversalsOf: (eventIds) => events.reversalsOf(eventIds),
  heads: () => events.heads(),
  streamsBehind: (streamId, limit) => events.streamsBehind(streamId, limit),
  movements: (moment) => events.movements(moment),
});

/** A storage with something in its way, the events of each transaction that it committed, and how many were begun. */
export const interferedWith = (storage: Storage, interference: Interference) => {
  const { beforeCommit, afterCommit } = interference;
  const commits: (readonly RecordedEvent[])[] = [];
  const appended = new WeakMap<object, readonly RecordedEvent[]>();
  const store = { ...delegate(storage.events), ...interference.events?.(storage.events) };
  let attempts = 0;
  const wrapped: Storage = {
    ...storage,
    ...(interference.table && { table: interference.table }),
    events: {
      ...store,
      append: (work, events) => {
        appended.set(work, events);
        return store.append(work, events);
      },
    },
    transactionally: async (body) => {
      attempts += 1;
      const attempt = attempts;
      let events: readonly RecordedEvent[] = [];
      const result = await storage.transactionally(async (work) => {
        const outcome = await body(work);
        events = appended.get(work) ?? [];
        await beforeCommit?.(events, attempt);
        return outcome;
      });
      commits.push(events);
      await afterCommit?.(events, attempt);
      return result;
    },
  };
  return { storage: wrapped, commits, attempts: () => attempts };
};

export type Asked = {
  readonly key?: string;
  readonly transactionId?: string;
  /** The versions of this account that If-Match names. */
  readonly expected?: { readonly accountId: string; readonly versions: readonly number[] };
};

/** For each event, the account, its version and its balance. */
const worded = (changes: readonly Change[]): string =>
  changes.map(({ event, after }) => `${after.accountId} v${event.version} ${after.ledgerBalance}`).join(', ');

const inWords: Wording = (_wish, changes) => ({ status: 201, body: worded(changes) });

/** What was asked, as digits and letters: the same for the same wish. */
const hashOf = (wish: Wish): string =>
  JSON.stringify(wish, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

let eventIds = 0;

const newEventId = (): EventId => {
  eventIds += 1;
  return `event-${eventIds.toString().padStart(8, '0')}` as EventId;
};

/** A wish on its way to the ledger. */
export const commandFor = (wish: Wish, { key = randomUUID(), transactionId, expected }: Asked = {}): Command => ({
  wish,
  envelope: {
    correlationId: 'request',
    actor: 'tester',
    idempotency: { key, requestHash: hashOf(wish) },
    eventIds: [newEventId(), newEventId()],
    ...(transactionId !== undefined && { transactionId: transactionId as TransactionId }),
    ...(expected && { expected: { ...expected, accountId: expected.accountId as AccountId } }),
  },
});

type Options = {
  readonly storage?: Storage;
  readonly clock?: ManualClock;
  readonly limits?: Partial<Limits>;
  readonly projections?: readonly Projection<Row>[];
  readonly interference?: Interference;
};

export type TestLedger = Daybook & {
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly commits: readonly (readonly RecordedEvent[])[];
  /** Transactions that were begun, also those that came to nothing. */
  readonly attempts: () => number;
  readonly submit: (wish: Wish, asked?: Asked) => Promise<Outcome>;
  readonly balanceOf: (accountId: string) => Promise<bigint>;
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A ledger in memory with a clock that stands, its limits and storage as the test wants them. */
export const openTestLedger = (options: Options = {}): TestLedger => {
  const { clock = new ManualClock(), limits = {}, projections } = options;
  const { storage, commits, attempts } = interferedWith(
    options.storage ?? openMemoryStorage(),
    options.interference ?? {},
  );
  const parts = { clock, wording: inWords, ...(projections && { projections }) };
  const daybook = composeDaybook(storage, { ...readEnvironment({}), ...limits }, silent, parts);
  return {
    ...daybook,
    storage,
    clock,
    commits,
    attempts,
    submit: (wish, asked) => daybook.ledger.submit(commandFor(wish, asked)),
    balanceOf: async (accountId) => (await daybook.queries.findAccount(accountId as AccountId)).ledgerBalance,
  };
};
