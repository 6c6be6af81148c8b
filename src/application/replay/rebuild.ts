import { type AccountId, accountIdOf, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, initialState } from '../../domain/account/account-state.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type AccountRow, accountsTable } from '../../projections/accounts/accounts.ts';
import type { Projection } from '../../projections/projection.ts';
import type { ReadModels, Storage } from '../ports/storage.ts';
import { VersionConflict } from '../ports/storage-errors.ts';
import type { Row } from '../ports/table.ts';
import { accountAt, eventsOf } from './account-history.ts';
import { accountsOf, type Cells, differenceOf, isStillThere, ownedBy, repairOf, unlikeRows } from './compared-rows.ts';
import type { Difference } from './differences.ts';
import { atOnce, type Reading } from '../verify/verify-parts.ts';
import { type Shadow, ShadowWriter } from './shadow-writer.ts';
import { pairsById, sideBySide, storedById } from './side-by-side.ts';

const REPAIRS_AT_ONCE = 200;
const ATTEMPTS = 10;
const ATTEMPTS_ON_ROW = 30;

/**
 * Fills read models from the events alone, with the projections that the live path uses, compares them with the live ones cell by
 * cell, and repairs the live ones when told to. Writers go on meanwhile: nothing here locks, and nothing overwrites what changed.
 */
export class Rebuild {
  readonly #writer: ShadowWriter;

  constructor(
    private readonly storage: Storage,
    private readonly shadow: Shadow,
    private readonly projections: readonly Projection<Row>[],
    private readonly reading: Reading = atOnce,
  ) {
    this.#writer = new ShadowWriter(shadow, projections);
  }

  /** Projects every event of these streams into the shadow. Calls back with the number of events done after each page. */
  async fill(streamIds: AsyncIterable<StreamId>, onProgress: (events: number) => void): Promise<void> {
    for await (const streamId of streamIds) {
      let account: Account = initialState();
      for await (const page of eventsOf(this.storage, streamId, 0, { limit: this.reading.atOnce })) {
        account = await this.#writer.project(account, page);
        onProgress(page.length);
        await this.reading.pace(page.length);
      }
    }
    await this.#writer.settle();
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
    for (const projection of this.projections) {
      for await (const sides of this.#sides(projection, accountId)) {
        const unlike = sides.flatMap(unlikeRows);
        for (const suspect of accountsOf(unlike, projection)) suspects.add(suspect);
        onProgress(sides.length);
        await this.reading.pace(sides.length);
      }
    }
    return suspects;
  }

  #sides(projection: Projection<Row>, accountId: AccountId | undefined): ReturnType<typeof sideBySide> {
    const where = ownedBy(projection, accountId);
    const rowsOf = (models: ReadModels) => storedById(models.table(projection.table), where, this.reading.atOnce);
    return sideBySide(rowsOf(this.shadow), rowsOf(this.storage));
  }

  async #repair(accountId: AccountId): Promise<readonly Difference[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const differences = await this.#settle(accountId);
      if (differences.length === 0) return [];
      // The account's row changes with every event, and would take the others with it each time that a writer is faster.
      const others = differences.filter(({ table }) => table !== accountsTable.name);
      for (let start = 0; start < others.length; start += REPAIRS_AT_ONCE) {
        await this.#isWritten(others.slice(start, start + REPAIRS_AT_ONCE));
      }
      if (others.length < differences.length) await this.#repairRow(accountId);
    }
    return this.#settle(accountId);
  }

  /** The account's row, as soon as no writer is faster. */
  async #repairRow(accountId: AccountId): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_ON_ROW; attempt += 1) {
      const { live } = await this.#catchUp(accountId);
      const expected = await this.shadow.table(accountsTable).get(accountId);
      const differences = differenceOf(accountsTable.name, accountId, expected, live);
      if (differences.length === 0 || (await this.#isWritten(differences))) return;
    }
  }

  /** False where one of the rows has changed meanwhile: then none is written. */
  async #isWritten(differences: readonly Difference[]): Promise<boolean> {
    try {
      await this.#write(differences);
      return true;
    } catch (error) {
      if (error instanceof VersionConflict) return false;
      throw error;
    }
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

  /**
   * The differences of one account, at a moment when both sides have seen the same events. An account that is written all the time has no
   * such moment: of it those are told whose live row has not changed from one look to the next, for before the second look the shadow has
   * caught up with all that the first one can have seen; and the account's own row, which is compared at its own version.
   */
  async #settle(accountId: AccountId): Promise<readonly Difference[]> {
    let before: readonly Difference[] = [];
    let certain: readonly Difference[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { version, live } = await this.#catchUp(accountId);
      const differences = await this.#differencesOf(accountId, version, live);
      if (differences.length === 0) return [];
      const [later] = await this.storage.events.read(streamIdOf(accountId), { after: version, limit: 1 });
      if (!later) return differences;
      const isStill = isStillThere(before);
      const isAtVersion = live?.version === version;
      certain = differences.filter(
        (difference) => isStill(difference) || (isAtVersion && difference.table === accountsTable.name),
      );
      if (certain.length === differences.length) return certain;
      before = differences;
    }
    return certain;
  }

  /** Where the shadow has the account at this version. */
  async #differencesOf(
    accountId: AccountId,
    version: number,
    liveAccount: AccountRow | undefined,
  ): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    for (const projection of this.projections) {
      const { name } = projection.table;
      const shadow = this.shadow.table(projection.table);
      const live = this.storage.table(projection.table);
      const where = ownedBy(projection, accountId);
      if (name === accountsTable.name) {
        // The row that the shadow was brought level with: on a busy account the one that is there now is newer again.
        differences.push(...differenceOf(name, accountId, await shadow.get(accountId), liveAccount));
        continue;
      }
      for await (const { row, other } of pairsById({ from: shadow, to: live }, where, this.reading.atOnce)) {
        differences.push(...differenceOf(name, accountId, row, other));
      }
      for await (const { row, other } of pairsById({ from: live, to: shadow }, where, this.reading.atOnce)) {
        if (!other && !(await this.#cameBehind(version, projection, row))) {
          differences.push(...differenceOf(name, accountId, undefined, row));
        }
      }
    }
    return differences;
  }

  /** Whether a live row that the shadow lacks is there because its event was recorded after the shadow had caught up to this version. */
  async #cameBehind(version: number, { eventIdIn, accountIdIn }: Projection<Row>, row: Row): Promise<boolean> {
    if (eventIdIn === undefined) return false;
    const cells = row as unknown as Cells;
    const event = await this.storage.events.get(cells[eventIdIn] as EventId);
    return event !== undefined && accountIdOf(event.streamId) === cells[accountIdIn] && event.version > version;
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
      account = await this.#writer.project(account, page);
      version += page.length;
    }
    await this.#writer.settle();
    return { version, live };
  }
}
