import type { Row, Table } from '../ports/table.ts';

/** The rows of a table in the order of their ids, in pages; the next one is on its way while one is looked at. */
export async function* rowsById(table: Table<Row>, where: Partial<Row>, limit: number): AsyncGenerator<readonly Row[]> {
  const read = (after?: string): Promise<readonly Row[]> => {
    const page = table.range({
      where,
      order: ['_id'],
      limit,
      ...(after !== undefined && { after: [after] }),
    });
    // Whoever comes to this page hears of its failure.
    page.catch(() => undefined);
    return page;
  };
  for (let next: Promise<readonly Row[]> | undefined = read(); next;) {
    const page: readonly Row[] = await next;
    const last = page.at(-1);
    next = last && page.length === limit ? read(last._id) : undefined;
    if (page.length > 0) yield page;
  }
}

/** A row of one side with the row of the same id on the other, or either alone. */
export type Side = { readonly row: Row | undefined; readonly other: Row | undefined };

/** Pages one after the other, and how far the first of them has been looked at. */
class Rows {
  readonly #pages: AsyncIterator<readonly Row[]>;
  #page: readonly Row[] = [];
  #at = 0;
  #isOver = false;

  constructor(pages: AsyncIterable<readonly Row[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Undefined: the page is at its end. */
  get next(): Row | undefined {
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
const nextSide = (row: Row | undefined, other: Row | undefined): Side | undefined => {
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
  left: AsyncIterable<readonly Row[]>,
  right: AsyncIterable<readonly Row[]>,
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
