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

/** Twins of read models, beside the live ones. `drop` removes them, as often as somebody likes. */
export type ShadowModels = ReadModels & { readonly drop: () => Promise<void> };

/** A migration, and when it ran here; undefined where it has not. */
export type MigrationState = { readonly id: string; readonly appliedAt: Date | undefined };

/** Everything Daybook keeps, behind ports so narrow that a projection or a query is written once for every storage. */
export interface Storage extends ReadModels {
  readonly transactionally: Transactionally;
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
  readonly feed: EventFeed;
  readonly journal: JournalStore;
  readonly kind: 'mongo' | 'memory';
  /** Makes empty twins of these tables under a mark that no others have. Rejects with StorageForbidden. */
  openShadow(names: readonly TableName<Row>[], mark?: string): Promise<ShadowModels>;
  /** The twins of these tables that were made under this mark, whoever made them. */
  findShadow(names: readonly TableName<Row>[], mark: string): ShadowModels;
  /** The marks of all twins that there are. Rejects with StorageForbidden. */
  shadowMarks(): Promise<readonly string[]>;
  /** What stands in these collections and was put there past every check: reads by type would not even see it. */
  misshapen(collections: readonly string[]): AsyncIterable<Misshapen>;
  /** What these collections lack of what keeps such things out: somebody has taken it away, or put something else in its place. */
  missingGuards(collections: readonly string[]): Promise<readonly MissingGuard[]>;
  /** How it was brought to the shape that this release needs, in order; nothing where it has that from the start. A newer release may have gone on since. */
  migrations(): Promise<readonly MigrationState[]>;
  /**
   * Resolves when whatever is read from now on has all that had been acknowledged to anybody before this was called. Without it, a member of
   * the store that has been cut off from the others may answer for a while. Rejects with StorageUnavailable.
   */
  mustBeCurrent(): Promise<void>;
  /** Resolves when the store answers and takes writes. Rejects with StorageUnavailable. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
