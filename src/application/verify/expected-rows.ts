import type { AccountId } from '../../domain/account/account-id.ts';
import { type Change, type Projection, writesOf } from '../../projections/projection.ts';
import type { Row, RowWrite } from '../ports/table.ts';
import { cellsThatDiffer, type Difference } from '../replay/differences.ts';
import { FinalRows, isFinal, type Span } from './final-rows.ts';
import type { VerifyParts } from './verify-parts.ts';

/** Cells that a row must have: all that it has, or those that the last events have changed. */
type Expected = { readonly row: Row; readonly isWhole: boolean };

const ROWS_AT_ONCE = 1_000;

// Whoever has changed more rows than that is found out by those.
const MOST_IN_DOUBT = 10_000;

const merged = (known: Expected | undefined, write: RowWrite<Row>): Expected | undefined => {
  if (write.kind === 'insert' || write.kind === 'put') return { row: write.row, isWhole: true };
  if (write.kind !== 'patch') return known;
  return known
    ? { ...known, row: { ...known.row, ...write.set } }
    : { row: { ...write.set, _id: write.id }, isWhole: false };
};

/** The rows of one read model that the events of one account give, held against those that are stored. */
class ExpectedTable {
  /** What has not been found as it must be: the new ones, and those that later events may explain. */
  readonly #inDoubt = new Map<string, Expected>();
  readonly #isNew = new Set<string>();

  constructor(
    private readonly accountId: string,
    readonly projection: Projection<Row>,
    private readonly parts: Pick<VerifyParts, 'storage'>,
  ) {}

  take(write: RowWrite<Row>): void {
    const id = write.kind === 'patch' ? write.id : 'row' in write ? write.row._id : write.found._id;
    const expected = merged(this.#inDoubt.get(id), write);
    if (!expected) return;
    this.#inDoubt.set(id, expected);
    this.#isNew.add(id);
  }

  /**
   * Compares the new rows, and forgets those that are right, so that memory does not grow with the account: what a later event changes in
   * one of them is compared then. Gives what no later event can explain.
   */
  async settleNew(): Promise<readonly Difference[]> {
    const differences = await this.#compare([...this.#isNew]);
    this.#isNew.clear();
    const final = differences.filter(({ kind }) => kind === 'missing');
    for (const { id } of final) this.#inDoubt.delete(id);
    if (this.#inDoubt.size > MOST_IN_DOUBT) {
      for (const id of [...this.#inDoubt.keys()].slice(MOST_IN_DOUBT)) this.#inDoubt.delete(id);
    }
    return final;
  }

  /** Compares those that have been different so far once more. */
  async settle(): Promise<readonly Difference[]> {
    const differences: Difference[] = [];
    const ids = [...this.#inDoubt.keys()];
    for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
      differences.push(...(await this.#compare(ids.slice(start, start + ROWS_AT_ONCE))));
    }
    return differences;
  }

  async #compare(ids: readonly string[]): Promise<readonly Difference[]> {
    if (ids.length === 0) return [];
    const stored = await this.parts.storage.table(this.projection.table).getMany(ids);
    const byId = new Map(stored.map((row) => [row._id, row]));
    return ids.flatMap((id) => {
      const difference = this.#differenceOf(id, byId.get(id));
      if (!difference) this.#inDoubt.delete(id);
      return difference ?? [];
    });
  }

  #differenceOf(id: string, found: Row | undefined): Difference | undefined {
    const expected = this.#inDoubt.get(id);
    if (!expected) return undefined;
    const place = { table: this.projection.table.name, accountId: this.accountId, id, expected: expected.row };
    // One that was missing when it should have been made was told then.
    if (!found) return expected.isWhole ? { ...place, kind: 'missing', cells: [] } : undefined;
    const differing = cellsThatDiffer(expected.row, found);
    const cells = expected.isWhole ? differing : differing.filter(({ field }) => field in expected.row);
    return cells.length === 0 ? undefined : { ...place, kind: 'different', cells, found };
  }
}

/** The rows of all read models that the events of one account give, held against those that are stored. */
export class ExpectedRows {
  readonly #tables: readonly ExpectedTable[];
  readonly #finals: readonly FinalRows[];
  #count = 0;

  constructor(accountId: AccountId, parts: Pick<VerifyParts, 'storage' | 'projections'>) {
    const others = parts.projections.filter((projection) => !isFinal(projection));
    this.#tables = others.map((projection) => new ExpectedTable(accountId, projection, parts));
    this.#finals = parts.projections.filter(isFinal).map((projection) => new FinalRows(accountId, projection, parts));
  }

  /** How many writes of rows were held against what is stored. */
  get count(): number {
    return this.#count;
  }

  /** Takes what these events give. Throws what a projection throws at an event that nobody can have written. */
  take(changes: readonly Change[]): void {
    for (const rows of [...this.#tables, ...this.#finals]) {
      for (const write of writesOf(rows.projection, changes)) {
        rows.take(write);
        this.#count += 1;
      }
    }
  }

  /** The differences that no event behind this span can explain. */
  async settleNew(span: Span): Promise<readonly Difference[]> {
    const finals = this.#finals.map((rows) => rows.settle(span));
    const others = this.#tables.map((rows) => rows.settleNew());
    return (await Promise.all([...others, ...finals])).flat();
  }

  /** The differences of all the others, as they are now. */
  async settle(): Promise<readonly Difference[]> {
    return (await Promise.all(this.#tables.map((rows) => rows.settle()))).flat();
  }

  /** Rows that would follow from versions behind the last one of the stream. */
  async beyond(last: number): Promise<readonly Difference[]> {
    return (await Promise.all(this.#finals.map((rows) => rows.beyond(last)))).flat();
  }
}
