import type { EventFeed } from './event-feed.ts';
import type { EventStore, SnapshotStore } from './event-store.ts';
import type { JournalStore } from './journal-store.ts';
import type { Row, Table, TableName } from './table.ts';
import type { Transactionally } from './unit-of-work.ts';

/** The names of the read models to use: the live ones, or a shadow set that a rebuild fills. */
export type ReadModels = { table<R extends Row>(name: TableName<R>): Table<R> };

/** A document that its collection would not take. */
export type Misshapen = { readonly collection: string; readonly id: string };

/** A rule that a collection of this release has, and this one has not: its validator, or that no two documents have the same here. */
export type MissingGuard = { readonly collection: string; readonly uniqueOver?: string };

/** Everything Daybook keeps, behind ports so narrow that a projection or a query is written once for every storage. */
export interface Storage extends ReadModels {
  readonly transactionally: Transactionally;
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
  readonly feed: EventFeed;
  readonly journal: JournalStore;
  /** Makes empty twins of these tables, which nobody else uses; `drop` removes them again. */
  openShadow(names: readonly TableName<Row>[]): Promise<ReadModels & { drop(): Promise<void> }>;
  /** What stands in these collections and was put there past every check: reads by type would not even see it. */
  misshapen(collections: readonly string[]): AsyncIterable<Misshapen>;
  /** What these collections lack of what keeps such things out: somebody has taken it away, or put something else in its place. */
  missingGuards(collections: readonly string[]): Promise<readonly MissingGuard[]>;
  /** Resolves when the store answers and takes writes. Rejects with StorageUnavailable. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
