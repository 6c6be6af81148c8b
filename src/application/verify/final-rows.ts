import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { RowWrite, RangeQuery, Row } from '../ports/table.ts';
import type { Projection } from '../../projections/projection.ts';
import { cellsThatDiffer, type Difference } from '../replay/differences.ts';
import type { VerifyParts } from './verify-parts.ts';

/** A projection whose rows follow from one event each, and are not changed by any later one. */
export type FinalProjection = Projection<Row> & { readonly versionIn: string };

export const isFinal = (projection: Projection<Row>): projection is FinalProjection =>
  projection.versionIn !== undefined;

/** Versions of a stream behind `after`, up to and including `upTo`. */
export type Span = { readonly after: number; readonly upTo: number };

// Where nothing is expected; what is there then is looked at in pages of so many rows.
const MOST_BEYOND = 1_000;

/** The rows of one read model that are made by one event of the account each, held against those that are stored. */
export class FinalRows {
  readonly #expected = new Map<string, Row>();

  constructor(
    private readonly accountId: AccountId,
    readonly projection: FinalProjection,
    private readonly parts: Pick<VerifyParts, 'storage'>,
  ) {}

  take(write: RowWrite<Row>): void {
    if (write.kind === 'insert' || write.kind === 'put') this.#expected.set(write.row._id, write.row);
  }

  /** The differences of the events of this span, and the rows that none of them gives. All of it is forgotten then. */
  async settle({ after, upTo }: Span): Promise<readonly Difference[]> {
    const stored = await this.#stored({ gt: after, lte: upTo });
    const unexpected = stored.filter(({ _id }) => !this.#expected.has(_id));
    const differences = [...(await this.#compare(stored)), ...this.#asUnexpected(unexpected)];
    this.#expected.clear();
    return differences;
  }

  /** Rows of versions behind the last one of the stream, which have not come meanwhile. */
  async beyond(last: number): Promise<readonly Difference[]> {
    const rows = await this.#stored({ gt: last }, MOST_BEYOND);
    if (rows.length === 0) return [];
    const streamId = streamIdOf(this.accountId);
    const events = await this.parts.storage.events.read(streamId, { after: last, limit: MOST_BEYOND });
    const reached = new Set(events.map(({ eventId }): string => eventId));
    return this.#asUnexpected(rows.filter(({ _id }) => !reached.has(_id)));
  }

  #stored(version: { readonly gt: number; readonly lte?: number }, limit?: number): Promise<readonly Row[]> {
    const { table, accountIdIn, versionIn } = this.projection;
    const query = { where: { [accountIdIn]: this.accountId }, bounds: { [versionIn]: version }, order: [versionIn] };
    const limited = { ...query, ...(limit !== undefined && { limit }) };
    return this.parts.storage.table(table).range(limited as unknown as RangeQuery<Row>);
  }

  /** Those that are not among the rows of the span are asked for by their ids. */
  async #compare(stored: readonly Row[]): Promise<readonly Difference[]> {
    const byId = new Map(stored.map((row) => [row._id, row]));
    const unread = [...this.#expected.keys()].filter((id) => !byId.has(id));
    const read = unread.length === 0 ? [] : await this.parts.storage.table(this.projection.table).getMany(unread);
    for (const row of read) byId.set(row._id, row);
    return [...this.#expected.values()].flatMap((expected): readonly Difference[] => {
      const found = byId.get(expected._id);
      const place = { ...this.#placeOf(expected), expected };
      if (!found) return [{ ...place, kind: 'missing', cells: [] }];
      const cells = cellsThatDiffer(expected, found);
      return cells.length === 0 ? [] : [{ ...place, kind: 'different', cells, found }];
    });
  }

  #asUnexpected(rows: readonly Row[]): readonly Difference[] {
    return rows.map((found) => ({ ...this.#placeOf(found), kind: 'unexpected', cells: [], found }));
  }

  #placeOf({ _id }: Row): Pick<Difference, 'table' | 'accountId' | 'id'> {
    return { table: this.projection.table.name, accountId: this.accountId, id: _id };
  }
}
