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

async function* eachOf(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<Row, undefined> {
  for await (const page of pages) yield* page;
  return undefined;
}

/** A row of one side with the row of the same id on the other, or either alone. */
type Side = { readonly row: Row | undefined; readonly other: Row | undefined };

const comesBy = (one: Row | undefined, other: Row | undefined): boolean =>
  one !== undefined && (other === undefined || one._id <= other._id);

/** Two tables in the order of their ids, side by side: each row is read once. */
export async function* sideBySide(
  left: AsyncIterable<readonly Row[]>,
  right: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Side> {
  const [rows, others] = [eachOf(left), eachOf(right)];
  const nextOf = async (side: AsyncGenerator<Row, undefined>): Promise<Row | undefined> => (await side.next()).value;
  let [row, other] = [await nextOf(rows), await nextOf(others)];
  while (row || other) {
    const [isRowDue, isOtherDue] = [comesBy(row, other), comesBy(other, row)];
    yield { row: isRowDue ? row : undefined, other: isOtherDue ? other : undefined };
    if (isRowDue) row = await nextOf(rows);
    if (isOtherDue) other = await nextOf(others);
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
