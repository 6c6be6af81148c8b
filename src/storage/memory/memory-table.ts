import { isDeepStrictEqual } from 'node:util';
import { VersionConflict } from '../../application/ports/storage-errors.ts';
import type {
  AmountField,
  Bounds,
  RangeQuery,
  Row,
  RowWrite,
  StoredQuery,
  StoredRow,
  Table,
} from '../../application/ports/table.ts';
import type { UnitOfWork } from '../../application/ports/unit-of-work.ts';
import { stage } from './memory-transaction.ts';

type Fields = Readonly<Record<string, unknown>>;
type Conditions<R extends Row> = Pick<RangeQuery<R>, 'where' | 'bounds'>;

const LARGEST = 2n ** 63n - 1n;

// As in MongoDB, a cell that a row does not have comes before every value, and lies within no bounds.
const compare = (left: unknown, right: unknown): number =>
  left === undefined || right === undefined
    ? Number(left !== undefined) - Number(right !== undefined)
    : compareValues(left, right);

const compareValues = (left: unknown, right: unknown): number => {
  const [a, b] = [comparable(left), comparable(right)];
  return a < b ? -1 : a > b ? 1 : 0;
};

const comparable = (value: unknown): string | number | bigint =>
  value instanceof Date ? value.getTime() : (value as string | number | bigint);

const isWithin = (value: unknown, { gt, gte, lt, lte }: Bounds): boolean =>
  (gt === undefined || compare(value, gt) > 0) &&
  (gte === undefined || compare(value, gte) >= 0) &&
  (lt === undefined || compare(value, lt) < 0) &&
  (lte === undefined || compare(value, lte) <= 0);

const matches = <R extends Row>(row: R, { where = {}, bounds = {} }: Conditions<R>): boolean => {
  const fields = row as unknown as Fields;
  return (
    Object.entries(where).every(([name, value]) => compare(fields[name], value) === 0) &&
    Object.entries(bounds).every(([name, limits]) => name in row && isWithin(fields[name], limits as Bounds))
  );
};

/** One table in memory. Writes are staged and happen all at once when their transaction commits. */
export class MemoryTable<R extends Row> implements Table<R> {
  #rows = new Map<string, R>();

  get(id: string): Promise<R | undefined> {
    return Promise.resolve(this.#rows.get(id));
  }

  getMany(ids: readonly string[]): Promise<readonly R[]> {
    return Promise.resolve([...new Set(ids)].map((id) => this.#rows.get(id)).filter((row) => row !== undefined));
  }

  range(query: RangeQuery<R>): Promise<readonly R[]> {
    const sign = query.direction === 'desc' ? -1 : 1;
    const inOrder = (left: Fields, right: readonly unknown[]): number => {
      const unequal = query.order.findIndex((field, index) => compare(left[field], right[index]) !== 0);
      const field = query.order[unequal];
      return field === undefined ? 0 : sign * compare(left[field], right[unequal]);
    };
    const keyOf = (row: R): readonly unknown[] => query.order.map((field) => row[field]);
    const rows = [...this.#rows.values()]
      .filter((row) => matches(row, query) && (!query.after || inOrder(row as unknown as Fields, query.after) > 0))
      .sort((left, right) => inOrder(left, keyOf(right)));
    return Promise.resolve(query.limit === undefined ? rows : rows.slice(0, query.limit));
  }

  async stored({ where, limit, after }: StoredQuery<R>): Promise<readonly StoredRow<R>[]> {
    const behind = after === undefined ? {} : { after: [after] };
    const rows = await this.range({ where, limit, order: ['_id' as Extract<keyof R, string>], ...behind });
    return rows.map((row) => ({
      _id: row._id,
      isSame: (other) => isDeepStrictEqual(row, other.read()),
      read: () => row,
    }));
  }

  sum(field: AmountField<R>, conditions: Conditions<R>): Promise<bigint> {
    const rows = [...this.#rows.values()].filter((row) => matches(row, conditions));
    const sum = rows.reduce((total, row) => total + (row[field] as bigint), 0n);
    if (sum > LARGEST || sum < -LARGEST - 1n) return Promise.reject(new RangeError(`${sum} is beyond int64`));
    return Promise.resolve(sum);
  }

  write(work: UnitOfWork, writes: readonly RowWrite<R>[]): Promise<void> {
    stage(work, {
      store: this,
      check: (inserted) => this.#check(writes, inserted),
      apply: () => writes.forEach((write) => this.#apply(write)),
    });
    return Promise.resolve();
  }

  #check(writes: readonly RowWrite<R>[], inserted: Set<string>): void {
    for (const write of writes) {
      if (write.kind === 'insert') {
        const id = write.row._id;
        if (this.#rows.has(id) || inserted.has(id)) throw new VersionConflict(`${id} exists`);
        inserted.add(id);
      } else if (write.kind === 'swap' || write.kind === 'remove') {
        const { found } = write;
        if (!isDeepStrictEqual(this.#rows.get(found._id), found)) throw new VersionConflict(`${found._id} has changed`);
      }
    }
  }

  #apply(write: RowWrite<R>): void {
    if (write.kind === 'remove') this.#rows.delete(write.found._id);
    else if (write.kind === 'patch') this.#patch(write.id, write.set);
    else this.#rows.set(write.row._id, write.row);
  }

  #patch(id: string, set: Partial<R>): void {
    const row = this.#rows.get(id);
    if (row) this.#rows.set(id, { ...row, ...set });
  }
}
