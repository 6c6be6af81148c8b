import { Pace } from '../audit/pace.ts';
import { toldText } from '../audit/told-text.ts';
import { type AccountId, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import type { Projection } from '../../projections/projection.ts';
import type { ShadowModels, Storage } from '../ports/storage.ts';
import type { Row } from '../ports/table.ts';
import type { Difference } from '../replay/differences.ts';
import { Rebuild } from '../replay/rebuild.ts';
import type { RebuildRecord } from './rebuild-record.ts';
import type { Comparison, ToldDifference } from './rebuild-row.ts';

export type RunParts = {
  /** The ledger, as one who may write shadows and mend read models. */
  readonly storage: Storage;
  readonly projections: readonly Projection<Row>[];
  readonly eventsPerSecond: number;
  /** Whether commands wait. */
  readonly isBusy: () => boolean;
};

const STREAMS_AT_ONCE = 100;

// Few, so that no command waits for more than a moment.
const EVENTS_AT_ONCE = 200;

const DIFFERENCES_TOLD = 100;

const told = ({ table, accountId, id, kind, cells }: Difference): ToldDifference => ({
  readModel: table,
  accountId,
  row: id,
  kind,
  fields: cells.map(({ field, expected, found }) => ({
    field,
    expected: toldText(field, expected),
    found: toldText(field, found),
  })),
});

export const namesOf = (projections: RunParts['projections']) => projections.map(({ table }) => table);

/** One rebuild, in the hands of this process. Every step rejects with RebuildTakenAway, StorageUnavailable, or when the signal is given. */
export class RebuildRun {
  readonly #rebuild: Rebuild;
  readonly #accountId: AccountId | undefined;

  constructor(
    private readonly parts: RunParts,
    private readonly record: RebuildRecord,
    shadow: ShadowModels,
    signal: AbortSignal,
  ) {
    const { storage, projections, eventsPerSecond, isBusy } = parts;
    const { transactionally } = record;
    const reading = { atOnce: EVENTS_AT_ONCE, pace: new Pace(eventsPerSecond, isBusy, signal).spend };
    this.#rebuild = new Rebuild({ ...storage, transactionally }, { ...shadow, transactionally }, projections, reading);
    this.#accountId = record.current.accountId as AccountId | undefined;
  }

  /** Fills the shadow from the events. */
  async fill(): Promise<void> {
    this.record.advance({ ofEvents: await this.#eventsInAll() });
    await this.#rebuild.fill(this.#streams(), (events) => this.record.advance({ events }));
  }

  /** Says what differs, and changes nothing. */
  async compare(): Promise<Comparison> {
    const first: ToldDifference[] = [];
    let [differences, accounts] = [0, 0];
    for await (const ofOne of this.#differences()) {
      accounts += 1;
      differences += ofOne.length;
      first.push(...ofOne.slice(0, DIFFERENCES_TOLD - first.length).map(told));
    }
    return { differences, accounts, first };
  }

  /** Compares once more, and puts what the events say in place of what differs: how many rows, and how many differ all the same. */
  async switchOver(): Promise<{ readonly mended: number; readonly left: number }> {
    let [mended, left] = [0, 0];
    for await (const ofOne of this.#differences()) {
      const rest = await this.#rebuild.switchOver(ofOne);
      mended += Math.max(0, ofOne.length - rest.length);
      left += rest.length;
    }
    return { mended, left };
  }

  /** As far as that can be said at once: a moment later there are more. */
  async #eventsInAll(): Promise<number> {
    const { storage } = this.parts;
    if (this.#accountId === undefined) return (await storage.journal.head())?.treeSize ?? 0;
    return (await storage.table(accountsTable).get(this.#accountId))?.version ?? 0;
  }

  async *#streams(): AsyncGenerator<StreamId> {
    if (this.#accountId !== undefined) yield* this.#counted([streamIdOf(this.#accountId)]);
    else
      for (let last = ''; ;) {
        const streams = await this.parts.storage.events.streamsBehind(last, STREAMS_AT_ONCE);
        const end = streams.at(-1);
        if (end === undefined) return;
        yield* this.#counted(streams);
        last = end;
      }
  }

  *#counted(streams: readonly StreamId[]): Generator<StreamId> {
    for (const stream of streams) {
      yield stream;
      this.record.advance({ accounts: 1 });
    }
  }

  #differences(): ReturnType<Rebuild['differencesByAccount']> {
    return this.#rebuild.differencesByAccount(this.#accountId, (rows) => this.record.advance({ rows }));
  }
}
