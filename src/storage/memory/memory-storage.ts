import { randomUUID } from 'node:crypto';
import type { Misshapen, ShadowModels, Storage } from '../../application/ports/storage.ts';
import type { Row, Table, TableName } from '../../application/ports/table.ts';
import { MemoryEventFeed } from './memory-event-feed.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import { MemoryJournalStore } from './memory-journal-store.ts';
import { MemoryTable } from './memory-table.ts';
import { memoryTransactions } from './memory-transaction.ts';

const memoryReadModels = (): ShadowModels => {
  const tables = new Map<string, MemoryTable<Row>>();
  return {
    table: <R extends Row>({ name }: TableName<R>): Table<R> => {
      const table = tables.get(name) ?? new MemoryTable<Row>();
      tables.set(name, table);
      return table as unknown as Table<R>;
    },
    drop: () => {
      tables.clear();
      return Promise.resolve();
    },
  };
};

const memoryShadows = (): Pick<Storage, 'openShadow' | 'findShadow' | 'shadowMarks'> => {
  const shadows = new Map<string, ShadowModels>();
  const found = (mark: string): ShadowModels => {
    const models = shadows.get(mark) ?? memoryReadModels();
    const drop = (): Promise<void> => {
      shadows.delete(mark);
      return models.drop();
    };
    return { ...models, drop };
  };
  return {
    openShadow: (_names, mark = randomUUID()) => {
      shadows.set(mark, memoryReadModels());
      return Promise.resolve(found(mark));
    },
    findShadow: (_names, mark) => found(mark),
    shadowMarks: () => Promise.resolve([...shadows.keys()]),
  };
};

/** What is in memory has the types that it was written with. */
async function* noneMisshapen(): AsyncGenerator<Misshapen> {
  yield* await Promise.resolve<Misshapen[]>([]);
}

/** Everything in this process's memory: for tests, simulation, and trying Daybook. Gone when the process ends. */
export const openMemoryStorage = (): Storage => {
  const events = new MemoryEventStore();
  const journal = new MemoryJournalStore();
  const { drop: _drop, ...readModels } = memoryReadModels();
  return {
    ...readModels,
    transactionally: memoryTransactions,
    events,
    snapshots: events.snapshots,
    feed: new MemoryEventFeed(events, journal),
    journal,
    kind: 'memory',
    ...memoryShadows(),
    migrations: () => Promise.resolve([]),
    misshapen: noneMisshapen,
    missingGuards: () => Promise.resolve([]),
    mustBeCurrent: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
};
