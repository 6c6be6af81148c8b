import type { Row, StoredRow, Table } from '../ports/table.ts';

/** Pages by id; the next one is on its way while one is looked at. */
async function* pagesOf<T extends Row>(
  read: (after?: string) => Promise<readonly T[]>,
  limit: number,
): AsyncGenerator<readonly T[]> {
  const begin = (after?: string): Promise<readonly T[]> => {
    const page = read(after);
    // Whoever comes to this page hears of its failure.
    page.catch(() => undefined);
    return page;
  };
  for (let next: Promise<readonly T[]> | undefined = begin(); next;) {
    const page: readonly T[] = await next;
    const last = page.at(-1);
    next = last && page.length === limit ? begin(last._id) : undefined;
    if (page.length > 0) yield page;
  }
}

/** The rows of a table in the order of their ids, in pages. */
const rowsById = (table: Table<Row>, where: Partial<Row>, limit: number): AsyncGenerator<readonly Row[]> =>
  pagesOf(
    (after) => table.range({ where, order: ['_id'], limit, ...(after !== undefined && { after: [after] }) }),
    limit,
  );

/** The same as they are stored. */
export const storedById = (
  table: Table<Row>,
  where: Partial<Row>,
  limit: number,
): AsyncGenerator<readonly StoredRow<Row>[]> =>
  pagesOf((after) => table.stored({ where, limit, ...(after !== undefined && { after }) }), limit);

/** A row of one side with the row of the same id on the other, or either alone. */
export type Side = { readonly row: Stored | undefined; readonly other: Stored | undefined };

type Stored = StoredRow<Row>;

/** Pages one after the other, and how far the first of them has been looked at. */
class Rows {
  readonly #pages: AsyncIterator<readonly Stored[]>;
  #page: readonly Stored[] = [];
  #at = 0;
  #isOver = false;

  constructor(pages: AsyncIterable<readonly Stored[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Undefined: the page is at its end. */
  get next(): Stored | undefined {
    return this.#page[this.#at];
  }

  /** Whether it is known what comes next, be it nothing. */
  get isKnown(): boolean {
    return this.#isOver || this.#at < this.#page.length;
  }

  advance(): void {
    this.#at += 1;
  }

  async read(): Promise<void> {
    if (this.isKnown) return;
    const page = await this.#pages.next();
    this.#isOver = page.done === true;
    this.#page = page.done === true ? [] : page.value;
    this.#at = 0;
  }
}

/** Which of two rows comes next, by its id: both, where they have the same. */
const nextSide = (row: Stored | undefined, other: Stored | undefined): Side | undefined => {
  if (row && other)
    return { row: row._id <= other._id ? row : undefined, other: other._id <= row._id ? other : undefined };
  return row || other ? { row, other } : undefined;
};

/** As far as it is known on both sides what comes next. */
const sidesKnown = (rows: Rows, others: Rows): readonly Side[] => {
  const sides: Side[] = [];
  while (rows.isKnown && others.isKnown) {
    const side = nextSide(rows.next, others.next);
    if (!side) break;
    sides.push(side);
    if (side.row) rows.advance();
    if (side.other) others.advance();
  }
  return sides;
};

/** Two tables in the order of their ids, side by side, many rows at a time: each is read once. */
export async function* sideBySide(
  left: AsyncIterable<readonly Stored[]>,
  right: AsyncIterable<readonly Stored[]>,
): AsyncGenerator<readonly Side[]> {
  const [rows, others] = [new Rows(left), new Rows(right)];
  for (;;) {
    await rows.read();
    await others.read();
    const sides = sidesKnown(rows, others);
    if (sides.length === 0) return;
    yield sides;
  }
}

/** Each row of one side, with the row of the same id on the other. */
export async function* pairsById(
  { from, to }: { readonly from: Table<Row>; readonly to: Table<Row> },
  where: Partial<Row>,
  limit: number,
): AsyncGenerator<{ readonly row: Row; readonly other: Row | undefined }> {
  for await (const rows of rowsById(from, where, limit)) {
    const others = await to.getMany(rows.map(({ _id }) => _id));
    const byId = new Map(others.map((other) => [other._id, other]));
    for (const row of rows) yield { row, other: byId.get(row._id) };
  }
}
