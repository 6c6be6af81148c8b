import { type Change, type Projection, writesOf } from '../../projections/projection.ts';
import type { Row } from '../ports/table.ts';
import { cellsThatDiffer, type Difference } from '../replay/differences.ts';
import type { VerifyParts } from './verify-parts.ts';

// A row that is named after the event that made it follows from that event alone, and no later one changes it.
const isFinal = ({ eventIdIn }: Projection<Row>): boolean => eventIdIn === '_id';

/** The rows that the events of one account give, held against those that are stored. */
export class ExpectedRows {
  readonly #rows = new Map<string, Map<string, Row>>();

  constructor(
    private readonly accountId: string,
    private readonly parts: Pick<VerifyParts, 'storage' | 'projections'>,
  ) {}

  add(changes: readonly Change[]): void {
    for (const projection of this.parts.projections) {
      const rows = this.#rowsOf(projection);
      for (const write of writesOf(projection, changes)) {
        if (write.kind === 'insert' || write.kind === 'put') rows.set(write.row._id, write.row);
        else if (write.kind === 'patch') this.#patch(rows, write.id, write.set);
      }
    }
  }

  /** The differences of the rows that are final, which are forgotten then: so memory does not grow with the statement. */
  settleFinal(): Promise<readonly Difference[]> {
    return this.#settle(this.parts.projections.filter(isFinal));
  }

  /** The differences of all the others. */
  settle(): Promise<readonly Difference[]> {
    return this.#settle(this.parts.projections);
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

  async #settle(projections: readonly Projection<Row>[]): Promise<readonly Difference[]> {
    const found = await Promise.all(projections.map((projection) => this.#compare(projection)));
    return found.flat();
  }

  async #compare(projection: Projection<Row>): Promise<readonly Difference[]> {
    const { name } = projection.table;
    const expected = [...this.#rowsOf(projection).values()];
    this.#rows.delete(name);
    if (expected.length === 0) return [];
    const stored = await this.parts.storage.table(projection.table).getMany(expected.map(({ _id }) => _id));
    const byId = new Map(stored.map((row) => [row._id, row]));
    return expected.flatMap((row): readonly Difference[] => {
      const found = byId.get(row._id);
      const place = { table: name, accountId: this.accountId, id: row._id, expected: row };
      if (!found) return [{ ...place, kind: 'missing', cells: [] }];
      const cells = cellsThatDiffer(row, found);
      return cells.length === 0 ? [] : [{ ...place, kind: 'different', cells, found }];
    });
  }
}
