import { type AccountId, accountIdOf, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, initialState } from '../../domain/account/account-state.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type AccountRow, accountsTable } from '../../projections/accounts/accounts.ts';
import { type Change, type Projection, writesOf } from '../../projections/projection.ts';
import type { ReadModels, Storage } from '../ports/storage.ts';
import { VersionConflict } from '../ports/storage-errors.ts';
import type { Row, RowWrite, Table } from '../ports/table.ts';
import type { Transactionally } from '../ports/unit-of-work.ts';
import { accountAt, changesOf, eventsOf } from './account-history.ts';
import { cellsThatDiffer, type Difference } from './differences.ts';
import { atOnce, type Reading } from '../verify/verify-parts.ts';
import { rowsById, sideBySide } from './side-by-side.ts';

/** Where a rebuild writes: read models of its own, beside the live ones. */
export type Shadow = ReadModels & { readonly transactionally: Transactionally };

type Cells = Readonly<Record<string, string>>;

const CHANGES_AT_ONCE = 1_000;
const REPAIRS_AT_ONCE = 200;
const ATTEMPTS = 10;

/**
 * Fills read models from the events alone, with the projections that the live path uses, compares them with the live ones cell by
 * cell, and repairs the live ones when told to. Writers go on meanwhile: nothing here locks, and nothing overwrites what changed.
 */
export class Rebuild {
  #buffer: Change[] = [];
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly shadow: Shadow,
    private readonly projections: readonly Projection<Row>[],
    private readonly reading: Reading = atOnce,
  ) {}

  /** Projects every event of these streams into the shadow. Calls back with the number of events done after each page. */
  async fill(streamIds: AsyncIterable<StreamId>, onProgress: (events: number) => void): Promise<void> {
    for await (const streamId of streamIds) {
      let account: Account = initialState();
      for await (const page of eventsOf(this.storage, streamId, 0, { limit: this.reading.atOnce })) {
        account = await this.#project(account, page);
        onProgress(page.length);
        await this.reading.pace(page.length);
      }
    }
    await this.#flush();
    await this.#writing;
  }

  /**
   * Every difference between the shadow and the live read models: of one account, or of all. Calls back with the number of
   * rows compared.
   */
  async compare(accountId: AccountId | undefined, onProgress: (rows: number) => void): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    for await (const ofOne of this.differencesByAccount(accountId, onProgress)) differences.push(...ofOne);
    return differences;
  }

  /** As `compare`, account by account, so that they need not all be in memory. Accounts that agree are left out. */
  async *differencesByAccount(
    accountId: AccountId | undefined,
    onProgress: (rows: number) => void,
  ): AsyncGenerator<readonly [Difference, ...Difference[]]> {
    // Most suspects only moved on while the comparison ran; each is looked at again, with the events that came since.
    for (const suspect of await this.#suspects(accountId, onProgress)) {
      const [first, ...others] = await this.#settle(suspect);
      if (first) yield [first, ...others];
      await this.reading.pace(1);
    }
  }

  /** Writes what the events say over the rows that differ; a row that has changed since is compared anew. Gives what is left. */
  async switchOver(differences: readonly Difference[]): Promise<readonly Difference[]> {
    const left: Difference[] = [];
    for (const accountId of new Set(differences.map((difference) => difference.accountId as AccountId))) {
      left.push(...(await this.#repair(accountId)));
    }
    return left;
  }

  /** The accounts of which a row is not the same on both sides. */
  async #suspects(
    accountId: AccountId | undefined,
    onProgress: (rows: number) => void,
  ): Promise<ReadonlySet<AccountId>> {
    const suspects = new Set<AccountId>();
    let rows = 0;
    for (const projection of this.projections) {
      for await (const { row, other } of this.#sides(projection, accountId)) {
        if (!isSame(row, other)) suspectsAmong([row, other], projection).forEach((suspect) => suspects.add(suspect));
        onProgress(1);
        rows += 1;
        if (rows % this.reading.atOnce === 0) await this.reading.pace(this.reading.atOnce);
      }
    }
    return suspects;
  }

  #sides(projection: Projection<Row>, accountId: AccountId | undefined): ReturnType<typeof sideBySide> {
    const where = ownedBy(projection, accountId);
    const rowsOf = (models: ReadModels) => rowsById(models.table(projection.table), where, this.reading.atOnce);
    return sideBySide(rowsOf(this.shadow), rowsOf(this.storage));
  }

  async #repair(accountId: AccountId): Promise<readonly Difference[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const differences = await this.#settle(accountId);
      if (differences.length === 0) return [];
      try {
        for (let start = 0; start < differences.length; start += REPAIRS_AT_ONCE) {
          await this.#write(differences.slice(start, start + REPAIRS_AT_ONCE));
        }
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
    return this.#settle(accountId);
  }

  async #write(differences: readonly Difference[]): Promise<void> {
    await this.storage.transactionally(async (work) => {
      for (const { table } of this.projections) {
        const repairs = differences.filter((difference) => difference.table === table.name).map(repairOf);
        const insertions = repairs.filter(({ kind }) => kind === 'insert');
        const others = repairs.filter(({ kind }) => kind !== 'insert');
        if (insertions.length > 0) await this.storage.table(table).write(work, insertions);
        if (others.length > 0) await this.storage.table(table).write(work, others);
      }
    });
  }

  /** The differences of one account at a moment when both sides have seen the same events. */
  async #settle(accountId: AccountId): Promise<readonly Difference[]> {
    let differences: readonly Difference[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { version, live } = await this.#catchUp(accountId);
      differences = await this.#differencesOf(accountId, live);
      if (differences.length === 0) return [];
      const [later] = await this.storage.events.read(streamIdOf(accountId), { after: version, limit: 1 });
      if (!later) return differences;
    }
    return differences;
  }

  async #differencesOf(accountId: AccountId, liveAccount: AccountRow | undefined): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    for (const projection of this.projections) {
      const { name } = projection.table;
      const shadow = this.shadow.table(projection.table);
      const live = this.storage.table(projection.table);
      if (name === accountsTable.name) {
        // The row that the shadow was brought level with: on a busy account the one that is there now is newer again.
        differences.push(...differenceOf(name, accountId, await shadow.get(accountId), liveAccount));
        continue;
      }
      for await (const { row, other } of this.#pairs(projection, accountId, { from: shadow, to: live })) {
        differences.push(...differenceOf(name, accountId, row, other));
      }
      for await (const { row, other } of this.#pairs(projection, accountId, { from: live, to: shadow })) {
        if (!other && !(await this.#cameLater(projection, row))) {
          differences.push(...differenceOf(name, accountId, undefined, row));
        }
      }
    }
    return differences;
  }

  /** Whether a live row that the shadow lacks is there because its event was recorded after the shadow had caught up. */
  async #cameLater({ eventIdIn, accountIdIn }: Projection<Row>, row: Row): Promise<boolean> {
    if (eventIdIn === undefined) return false;
    const cells = row as unknown as Cells;
    const event = await this.storage.events.get(cells[eventIdIn] as EventId);
    return event !== undefined && accountIdOf(event.streamId) === cells[accountIdIn];
  }

  /** Projects what was recorded since, up to the live account row as it is now; gives that row, and the version reached. */
  async #catchUp(accountId: AccountId): Promise<{ readonly version: number; readonly live: AccountRow | undefined }> {
    const streamId = streamIdOf(accountId);
    const live = await this.storage.table(accountsTable).get(accountId);
    let version = (await this.shadow.table(accountsTable).get(accountId))?.version ?? 0;
    // Not beyond the live row: it then shows the account at the very version that it is compared with.
    const upTo = live && live.version >= version ? live.version : undefined;
    let { account } = await accountAt(this.storage, streamId, { version });
    for await (const page of eventsOf(this.storage, streamId, version, { upTo, limit: this.reading.atOnce })) {
      account = await this.#project(account, page);
      version += page.length;
    }
    await this.#flush();
    await this.#writing;
    return { version, live };
  }

  async #project(account: Account, events: Parameters<typeof changesOf>[1]): Promise<Account> {
    const changes = changesOf(account, events);
    this.#buffer.push(...changes);
    if (this.#buffer.length >= CHANGES_AT_ONCE) await this.#flush();
    return changes.at(-1)?.after ?? account;
  }

  /** What comes next is read while this is being written. Rejects as the write before did. */
  async #flush(): Promise<void> {
    await this.#writing;
    const changes = this.#buffer;
    this.#buffer = [];
    if (changes.length === 0) return;
    this.#writing = this.#keep(changes);
    // Whoever waits for it hears of its failure.
    this.#writing.catch(() => undefined);
  }

  async #keep(changes: readonly Change[]): Promise<void> {
    await this.shadow.transactionally(async (work) => {
      for (const projection of this.projections) {
        const writes = writesOf(projection, changes);
        if (writes.length > 0) await this.shadow.table(projection.table).write(work, writes);
      }
    });
  }

  /** Each row of one side, with the row of the same id on the other. */
  async *#pairs(
    projection: Projection<Row>,
    accountId: AccountId,
    { from, to }: { readonly from: Table<Row>; readonly to: Table<Row> },
  ): AsyncGenerator<{ readonly row: Row; readonly other: Row | undefined }> {
    for await (const rows of rowsById(from, ownedBy(projection, accountId), this.reading.atOnce)) {
      const others = await to.getMany(rows.map(({ _id }) => _id));
      const byId = new Map(others.map((other) => [other._id, other]));
      for (const row of rows) yield { row, other: byId.get(row._id) };
    }
  }
}

const isSame = (row: Row | undefined, other: Row | undefined): boolean =>
  row !== undefined && other !== undefined && cellsThatDiffer(row, other).length === 0;

const suspectsAmong = (rows: readonly (Row | undefined)[], { accountIdIn }: Projection<Row>): readonly AccountId[] =>
  rows.filter((row) => row !== undefined).map((row) => (row as unknown as Cells)[accountIdIn] as AccountId);

const ownedBy = ({ accountIdIn }: Projection<Row>, accountId: AccountId | undefined): Partial<Row> =>
  accountId === undefined ? {} : { [accountIdIn]: accountId };

const differenceOf = (
  table: string,
  accountId: string,
  expected: Row | undefined,
  found: Row | undefined,
): readonly Difference[] => {
  if (expected && found) {
    const cells = cellsThatDiffer(expected, found);
    return cells.length === 0
      ? []
      : [{ table, accountId, id: expected._id, kind: 'different', cells, expected, found }];
  }
  if (expected) return [{ table, accountId, id: expected._id, kind: 'missing', cells: [], expected }];
  return found ? [{ table, accountId, id: found._id, kind: 'unexpected', cells: [], found }] : [];
};

const repairOf = ({ kind, expected, found }: Difference): RowWrite<Row> => {
  if (expected && found) return { kind: 'swap', found, row: expected };
  if (expected) return { kind: 'insert', row: expected };
  if (found) return { kind: 'remove', found };
  throw new Error(`a ${kind} row has neither side`);
};
