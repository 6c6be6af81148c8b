import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { EventFeed } from '../../src/application/ports/event-feed.ts';
import type { EventStore } from '../../src/application/ports/event-store.ts';
import { OutcomeUnknown, StorageUnavailable } from '../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row, Table, TableName } from '../../src/application/ports/table.ts';
import type { UnitOfWork } from '../../src/application/ports/unit-of-work.ts';
import { postingOf } from '../../src/domain/account/evolve.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { accountsProjection, accountsTable } from '../../src/projections/accounts/accounts.ts';
import { holdsTable } from '../../src/projections/holds/holds.ts';
import { projections } from '../../src/projections/index.ts';
import { altered } from '../../simulation/altered.ts';
import { type Composition, soundComposition } from '../../simulation/simulated-process.ts';

/** A ledger with one mistake in it, such as somebody could make. */
export type BrokenPart = {
  readonly mistake: string;
  /** What the simulation must say of it. */
  readonly rule: RegExp;
  readonly composition: Composition;
};

const withStorage = (mistake: string, rule: RegExp, storageOf: (storage: Storage) => Storage): BrokenPart => ({
  mistake,
  rule,
  composition: { ...soundComposition, storageOf },
});

const withTable = <R extends Row>(
  storage: Storage,
  wanted: TableName<R>,
  change: (table: Table<R>) => Partial<Table<R>>,
): Storage => ({
  ...storage,
  table: <S extends Row>(name: TableName<S>): Table<S> => {
    const table = storage.table(name);
    if (name.name !== wanted.name) return table;
    // Of one name there is one type of row.
    const found = table as unknown as Table<R>;
    return altered(found, change(found)) as unknown as Table<S>;
  },
});

const withEvents = (storage: Storage, change: (events: EventStore) => Partial<EventStore>): Storage => ({
  ...storage,
  events: { ...storage.events, ...change(storage.events) },
});

const keysAreNotClaimed = withStorage('keys are looked up and never claimed', /has had 2 effects/, (storage) =>
  withTable(storage, idempotencyKeysTable, () => ({ write: () => Promise.resolve() })),
);

const acknowledgedBeforeCommit = withStorage(
  'a command is acknowledged before its commit',
  /was acknowledged (?:and has no effect|before it was in the store)/,
  (storage) => ({
    ...storage,
    transactionally: <T>(body: (work: UnitOfWork) => Promise<T>): Promise<T> =>
      new Promise((resolve) => {
        const early = async (work: UnitOfWork): Promise<T> => {
          const result = await body(work);
          resolve(result);
          return result;
        };
        storage.transactionally(early).catch(() => undefined);
      }),
  }),
);

const unknownIsTakenForNo = withStorage(
  'a commit without an answer is taken for one that did not happen',
  /was not taken \(UNAVAILABLE\) and has had an effect/,
  (storage) => ({
    ...storage,
    transactionally: async (body) => {
      try {
        return await storage.transactionally(body);
      } catch (error) {
        throw error instanceof OutcomeUnknown ? new StorageUnavailable(error.message) : error;
      }
    },
  }),
);

const rowsBehindTheCommit = withStorage(
  'read models are written in a transaction of their own, behind that of the events',
  /^accounts \w: events say/,
  (storage) => {
    const later: { readonly table: Table<Row>; readonly writes: Parameters<Table<Row>['write']>[1] }[] = [];
    const deferred = withTable<Row>(storage, accountsTable, (table) => ({
      write: (_work, writes) => {
        later.push({ table, writes });
        return Promise.resolve();
      },
    }));
    return {
      ...deferred,
      transactionally: async (body) => {
        const result = await storage.transactionally(body);
        const rows = later.splice(0);
        await storage.transactionally(async (work) => {
          for (const { table, writes } of rows) await table.write(work, writes);
        });
        return result;
      },
    };
  },
);

const versionsAreNotChecked = withStorage(
  'the version of a stream is counted up, and not checked',
  /below its limit|statement_entries .*: events say/,
  (storage) =>
    withEvents(storage, (events) => ({
      append: async (work, batch) => {
        const next = new Map<string, number>();
        const renumbered = [];
        for (const event of batch) {
          const stored = await events.read(event.streamId, { after: 0, limit: 10_000 });
          const version = (next.get(event.streamId) ?? stored.length) + 1;
          next.set(event.streamId, version);
          renumbered.push({ ...event, version });
        }
        await events.append(work, renumbered);
      },
    })),
);

const reversalsAreForgotten = withStorage(
  'what was taken back before is not looked up',
  /was reversed beyond itself/,
  (storage) => withEvents(storage, () => ({ reversedTotals: () => Promise.resolve(new Map()) })),
);

const endingsAreForgotten = withStorage('how a hold has ended is not looked up', /was placed twice/, (storage) =>
  withTable(
    withTable(storage, holdsTable, () => ({ getMany: () => Promise.resolve([]) })),
    holdsTable,
    () => ({
      write: async (work, writes) =>
        storage.table(holdsTable).write(
          work,
          writes.map((write) => (write.kind === 'insert' ? { kind: 'put', row: write.row } : write)),
        ),
    }),
  ),
);

const staleIsFinal = withStorage(
  'accounts are read again and are still what they were a while ago',
  /which was right at no moment while it was asked/,
  (storage) => {
    const first = new Map<string, Awaited<ReturnType<EventStore['tails']>>>();
    return withEvents(storage, (events) => ({
      tails: async (streamIds, foldVersion) => {
        const known = first.get(streamIds.join());
        if (known) return known;
        const tails = await events.tails(streamIds, foldVersion);
        first.set(streamIds.join(), tails);
        return tails;
      },
    }));
  },
);

const sealedOutOfOrder = withStorage(
  'events are sealed as they come, and not in their order',
  /is sealed behind version/,
  (storage) => ({
    ...storage,
    feed: {
      ...storage.feed,
      follow: async function* (...place: Parameters<EventFeed['follow']>) {
        for await (const { events, token } of storage.feed.follow(...place))
          yield { events: events.toReversed(), token };
      },
    },
  }),
);

const recoveryIsLeftOut = withStorage('a feed that was lost goes on from now', /is not sealed/, (storage) => ({
  ...storage,
  feed: {
    ...storage.feed,
    recover: async () => {
      const { token } = await storage.feed.recover();
      const nothing = async function* () {
        yield await Promise.resolve([]);
      };
      return { token, history: nothing() };
    },
  },
}));

const projectedTwice: BrokenPart = {
  mistake: 'a projection is applied twice',
  rule: /^accounts \w: events say/,
  composition: {
    ...soundComposition,
    projections: projections.map((projection) =>
      projection.table.name !== accountsTable.name
        ? projection
        : {
            ...accountsProjection,
            project: (change) => {
              const twice = minorUnits(change.after.ledgerBalance + (postingOf(change.event) ?? 0n));
              return accountsProjection.project({ ...change, after: { ...change.after, ledgerBalance: twice } });
            },
          },
    ),
  },
};

export const brokenParts: readonly BrokenPart[] = [
  keysAreNotClaimed,
  acknowledgedBeforeCommit,
  unknownIsTakenForNo,
  rowsBehindTheCommit,
  versionsAreNotChecked,
  reversalsAreForgotten,
  endingsAreForgotten,
  staleIsFinal,
  sealedOutOfOrder,
  recoveryIsLeftOut,
  projectedTwice,
];
