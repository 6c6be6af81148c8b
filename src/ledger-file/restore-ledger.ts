import { setTimeout as sleep } from 'node:timers/promises';
import { AccountCache } from '../application/commit/account-cache.ts';
import { idempotencyKeysTable, transactionIdsTable } from '../application/commit/claims.ts';
import { Snapshotter } from '../application/commit/snapshotter.ts';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Log } from '../application/ports/log.ts';
import { StorageUnavailable } from '../application/ports/storage-errors.ts';
import type { Storage } from '../application/ports/storage.ts';
import type { Row, TableName } from '../application/ports/table.ts';
import type { UnitOfWork } from '../application/ports/unit-of-work.ts';
import { changesOf } from '../application/replay/account-history.ts';
import { isSnapshotVersion } from '../application/replay/snapshot.ts';
import type { RecordedEvent } from '../domain/account/account-event.ts';
import type { StreamId } from '../domain/account/account-id.ts';
import { type Account, initialState } from '../domain/account/account-state.ts';
import { upcast } from '../domain/account/upcasters.ts';
import { hashesFrom, journalTree, storedTileOf, treeWithEdge } from '../journal/journal-tree.ts';
import { fillTiles, type TiledTree } from '../journal/merkle/tiles.ts';
import { type Change, type Projection, writesOf } from '../projections/projection.ts';
import { FileRefused } from './file-refused.ts';
import type { FileBlock } from './ledger-file-reader.ts';

export type RestoreParts = {
  readonly storage: Storage;
  readonly projections: readonly Projection<Row>[];
  readonly log: Log;
  /** Accounts kept in memory, at most. */
  readonly accounts: number;
};

const EVENTS_AT_ONCE = 1_000;
const BLOCKS_AT_ONCE = 16;

const ATTEMPTS = 5;
const PAUSE = 500;

const inToday = (event: EventAsRecorded): RecordedEvent =>
  ({ ...event, ...upcast(event.type, event.schemaVersion, event.data) }) as unknown as RecordedEvent;

const insert = async <R extends Row>(
  storage: Storage,
  work: UnitOfWork,
  table: TableName<R>,
  rows: readonly R[],
): Promise<void> => {
  if (rows.length === 0) return;
  await storage.table(table).write(
    work,
    rows.map((row) => ({ kind: 'insert', row })),
  );
};

/** Takes the blocks of a file into a store that has nothing but those before them, with all that follows from them. */
class LedgerRestorer {
  readonly #snapshotter: Snapshotter;
  readonly #accounts: AccountCache;
  #tree: TiledTree | undefined;

  constructor(private readonly parts: RestoreParts) {
    this.#snapshotter = new Snapshotter(parts.storage, parts.log);
    this.#accounts = new AccountCache(parts.storage, this.#snapshotter, parts.accounts);
  }

  async add(group: readonly FileBlock[]): Promise<void> {
    const changes = await this.#changesOf(group);
    await this.#record(group, changes);
    for (const { event, after } of changes) this.#accounts.remember(event.streamId, after);
    this.#snapshotter.keep(changes.map(({ after }) => after).filter(({ version }) => isSnapshotVersion(version)));
    await this.#seal(group);
    await this.#snapshotter.drain();
  }

  /** What each event does to its account. Rejects with FileRefused where its stream is not dense, or nobody can read it. */
  async #changesOf(group: readonly FileBlock[]): Promise<readonly Change[]> {
    const streamIds = group.flatMap(({ events }) => events.map(({ streamId }) => streamId as StreamId));
    const loaded = await this.#accounts.load(streamIds);
    const accounts = new Map<string, Account>([...loaded].map(([streamId, { account }]) => [streamId, account]));
    return group.flatMap(({ events, line }) =>
      events.flatMap((event, index) => {
        const changes = changesIn(accounts.get(event.streamId) ?? initialState(), event, line + index);
        for (const { after } of changes) accounts.set(event.streamId, after);
        return changes;
      }),
    );
  }

  /** Nothing was written where the store could not take it: then it is tried again. */
  async #record(group: readonly FileBlock[], changes: readonly Change[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#recordOnce(group, changes);
        return;
      } catch (error) {
        if (!(error instanceof StorageUnavailable) || attempt === ATTEMPTS) throw error;
        await sleep(PAUSE);
      }
    }
  }

  /** As a commit does it, but with every event in the shape in which it was recorded. */
  async #recordOnce(group: readonly FileBlock[], changes: readonly Change[]): Promise<void> {
    const { storage, projections } = this.parts;
    await storage.transactionally(async (work) => {
      await insert(
        storage,
        work,
        idempotencyKeysTable,
        group.flatMap(({ keys }) => keys),
      );
      await insert(
        storage,
        work,
        transactionIdsTable,
        group.flatMap(({ transactionIds }) => transactionIds),
      );
      await storage.events.append(work, group.flatMap(({ events }) => events) as unknown as RecordedEvent[]);
      for (const projection of projections) {
        const writes = writesOf(projection, changes);
        if (writes.length > 0) await storage.table(projection.table).write(work, writes);
      }
    });
  }

  async #seal(group: readonly FileBlock[]): Promise<void> {
    const { journal } = this.parts.storage;
    for (let start = 0; start < group.length; start += BLOCKS_AT_ONCE) {
      await Promise.all(group.slice(start, start + BLOCKS_AT_ONCE).map(({ block }) => journal.insert(block)));
    }
    const tree = (this.#tree ??= await journalTree(journal, 0));
    const leaves = group.flatMap(({ block }) => hashesFrom(block.leafHashes));
    const { filled, edge } = await fillTiles(tree, leaves);
    await journal.putTiles(filled.map(storedTileOf));
    this.#tree = treeWithEdge(journal, tree.size + leaves.length, edge);
  }
}

const changesIn = (before: Account, event: EventAsRecorded, line: number): readonly Change[] => {
  try {
    return changesOf(before, [inToday(event)]);
  } catch (error) {
    throw new FileRefused(line, error instanceof Error ? error.message : String(error));
  }
};

async function* groupsOf(blocks: AsyncIterable<FileBlock>): AsyncGenerator<readonly FileBlock[]> {
  let group: FileBlock[] = [];
  let events = 0;
  for await (const block of blocks) {
    group.push(block);
    events += block.events.length;
    if (events < EVENTS_AT_ONCE) continue;
    yield group;
    [group, events] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/**
 * Writes everything that is in these blocks into an empty store: events, keys, transaction ids, what the projections make of them, and
 * the journal with its tiles. Snapshots are made anew. Calls back with the number of events done. Rejects with FileRefused, or where the
 * store does.
 */
export const restoreLedger = async (
  parts: RestoreParts,
  blocks: AsyncIterable<FileBlock>,
  onProgress: (events: number) => void,
): Promise<void> => {
  const restorer = new LedgerRestorer(parts);
  let writing = Promise.resolve();
  try {
    // While one group is being written, the next one is read and checked.
    for await (const group of groupsOf(blocks)) {
      await writing;
      writing = restorer.add(group).then(() => onProgress(group.reduce((sum, { events }) => sum + events.length, 0)));
      writing.catch(() => undefined);
    }
  } finally {
    await writing;
  }
};
