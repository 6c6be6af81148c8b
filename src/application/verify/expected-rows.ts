import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Change, type Projection, writesOf } from '../../projections/projection.ts';
import type { RangeQuery, Row } from '../ports/table.ts';
import { cellsThatDiffer, type Difference } from '../replay/differences.ts';
import type { VerifyParts } from './verify-parts.ts';

/** A projection whose rows follow from one event each, and are not changed by any later one. */
type FinalProjection = Projection<Row> & { readonly versionIn: string };

const isFinal = (projection: Projection<Row>): projection is FinalProjection => projection.versionIn !== undefined;

/** Versions of a stream behind `after`, up to and including `upTo`. */
type Span = { readonly after: number; readonly upTo: number };

/** Where nothing is expected; what is there then is looked at in pages of so many rows. */
const MOST_BEYOND = 1_000;

/** The rows that the events of one account give, held against those that are stored. */
export class ExpectedRows {
  readonly #rows = new Map<string, Map<string, Row>>();
  #compared = 0;

  constructor(
    private readonly accountId: AccountId,
    private readonly parts: Pick<VerifyParts, 'storage' | 'projections'>,
  ) {}

  /** How many rows were held against what is stored. */
  get compared(): number {
    return this.#compared;
  }

  add(changes: readonly Change[]): void {
    for (const projection of this.parts.projections) {
      const rows = this.#rowsOf(projection);
      for (const write of writesOf(projection, changes)) {
        if (write.kind === 'insert' || write.kind === 'put') rows.set(write.row._id, write.row);
        else if (write.kind === 'patch') this.#patch(rows, write.id, write.set);
      }
    }
  }

  /**
   * The differences of the rows that are final, of the events of this span, and the rows that none of them gives. They are forgotten then:
   * so memory does not grow with the statement.
   */
  async settleFinal({ after, upTo }: Span): Promise<readonly Difference[]> {
    const found = this.parts.projections.filter(isFinal).map(async (projection) => {
      const stored = await this.#stored(projection, { gt: after, lte: upTo });
      const expected = this.#rowsOf(projection);
      const unexpected = stored.filter(({ _id }) => !expected.has(_id));
      return [...(await this.#compare(projection, stored)), ...this.#asUnexpected(projection, unexpected)];
    });
    return (await Promise.all(found)).flat();
  }

  /** The differences of all the others. */
  async settle(): Promise<readonly Difference[]> {
    const found = await Promise.all(this.parts.projections.map((projection) => this.#compare(projection, [])));
    return found.flat();
  }

  /** Rows of versions behind the last one of the stream, which have not come meanwhile. */
  async beyond(last: number): Promise<readonly Difference[]> {
    const found = this.parts.projections.filter(isFinal).map(async (projection) => {
      const rows = await this.#stored(projection, { gt: last }, MOST_BEYOND);
      if (rows.length === 0) return [];
      const streamId = streamIdOf(this.accountId);
      const events = await this.parts.storage.events.read(streamId, { after: last, limit: MOST_BEYOND });
      const reached = new Set(events.map(({ eventId }): string => eventId));
      return this.#asUnexpected(
        projection,
        rows.filter(({ _id }) => !reached.has(_id)),
      );
    });
    return (await Promise.all(found)).flat();
  }

  #rowsOf({ table }: Projection<Row>): Map<string, Row> {
    const rows = this.#rows.get(table.name) ?? new Map<string, Row>();
    this.#rows.set(table.name, rows);
    return rows;
  }

  #patch(rows: Map<string, Row>, id: string, set: Partial<Row>): void {
    const row = rows.get(id);
    if (row) rows.set(id, { ...row, ...set });
  }

  #stored(
    { table, accountIdIn, versionIn }: FinalProjection,
    version: { readonly gt: number; readonly lte?: number },
    limit?: number,
  ): Promise<readonly Row[]> {
    const query = { where: { [accountIdIn]: this.accountId }, bounds: { [versionIn]: version }, order: [versionIn] };
    const limited = { ...query, ...(limit !== undefined && { limit }) };
    return this.parts.storage.table(table).range(limited as unknown as RangeQuery<Row>);
  }

  #asUnexpected({ table }: Projection<Row>, rows: readonly Row[]): readonly Difference[] {
    const place = { table: table.name, accountId: this.accountId, kind: 'unexpected', cells: [] } as const;
    return rows.map((found) => ({ ...place, id: found._id, found }));
  }

  /** Every expected row against the stored one; those that are not among the rows read so far are asked for by their ids. */
  async #compare({ table }: Projection<Row>, stored: readonly Row[]): Promise<readonly Difference[]> {
    const expected = [...(this.#rows.get(table.name)?.values() ?? [])];
    this.#rows.delete(table.name);
    this.#compared += expected.length;
    const byId = new Map(stored.map((row) => [row._id, row]));
    const unread = expected.filter(({ _id }) => !byId.has(_id)).map(({ _id }) => _id);
    const read = unread.length === 0 ? [] : await this.parts.storage.table(table).getMany(unread);
    for (const row of read) byId.set(row._id, row);
    return expected.flatMap((row): readonly Difference[] => {
      const found = byId.get(row._id);
      const place = { table: table.name, accountId: this.accountId, id: row._id, expected: row };
      if (!found) return [{ ...place, kind: 'missing', cells: [] }];
      const cells = cellsThatDiffer(row, found);
      return cells.length === 0 ? [] : [{ ...place, kind: 'different', cells, found }];
    });
  }
}
