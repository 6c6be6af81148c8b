import type { Model, mongo } from 'mongoose';
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
import { type AnyDocument, collectionOf } from './models.ts';
import { reading } from './mongo-errors.ts';
import { MongoRow } from './stored-row.ts';
import { sessionOf } from './unit-of-work.ts';
import { insertAll, type Update, updateAll } from './write-command.ts';

type Filter = Record<string, unknown>;

/** Behind a row in lexicographic order: beyond it in the first field, or equal there and beyond it in the next. */
const behind = (order: readonly string[], after: readonly unknown[], beyond: '$gt' | '$lt'): Filter => ({
  $or: order.map((field, index) => ({
    ...Object.fromEntries(order.slice(0, index).map((earlier, at) => [earlier, after[at]])),
    [field]: { [beyond]: after[index] },
  })),
});

type Conditions<R extends Row> = Pick<RangeQuery<R>, 'where' | 'bounds'>;

const conditionsOf = ({ where, bounds }: Conditions<Row>): Filter[] => {
  const conditions: Filter[] = [{ ...where }];
  for (const [field, limits] of Object.entries<Bounds>({ ...bounds })) {
    const operators = Object.entries(limits).map(([name, value]) => [`$${name}`, value as unknown] as const);
    conditions.push({ [field]: Object.fromEntries(operators) });
  }
  return conditions;
};

const filterOf = ({ order, after, direction, ...query }: RangeQuery<Row>): Filter => {
  const conditions = conditionsOf(query);
  if (after) conditions.push(behind(order, after, direction === 'desc' ? '$lt' : '$gt'));
  return { $and: conditions };
};

const operationOf = (write: RowWrite<Row>): mongo.AnyBulkWriteOperation<AnyDocument> => {
  switch (write.kind) {
    case 'insert':
      return { insertOne: { document: write.row } };
    case 'put':
      return { replaceOne: { filter: { _id: write.row._id }, replacement: write.row, upsert: true } };
    case 'patch':
      return { updateOne: { filter: { _id: write.id }, update: { $set: write.set } } };
    case 'swap':
      return { replaceOne: { filter: write.found, replacement: write.row } };
    case 'remove':
      return { deleteOne: { filter: write.found } };
  }
};

/** A row that is there is changed where it differs; one that is missing all the same is put back whole. */
const contentOf = ({ row, changed }: Extract<RowWrite<Row>, { kind: 'put' }>): object => {
  if (!changed) return row;
  const $set: Filter = {};
  const $setOnInsert: Filter = {};
  for (const name in row) {
    if (name !== '_id') (changed.includes(name) ? $set : $setOnInsert)[name] = row[name as keyof Row];
  }
  return { $set, $setOnInsert };
};

/** As the server's own command has it, where it is a matter of one id. */
const updateOf = (write: RowWrite<Row>): readonly Update[] => {
  if (write.kind === 'put') return [{ q: { _id: write.row._id }, u: contentOf(write), upsert: true }];
  if (write.kind === 'patch') return [{ q: { _id: write.id }, u: { $set: write.set } }];
  return [];
};

const isConditional = ({ kind }: RowWrite<Row>): boolean => kind === 'swap' || kind === 'remove';

/** One collection as a table. */
export class MongoTable<R extends Row> implements Table<R> {
  readonly #collection: mongo.Collection<AnyDocument>;

  constructor(private readonly model: Model<AnyDocument>) {
    this.#collection = collectionOf(model);
  }

  async get(id: string): Promise<R | undefined> {
    const row = await reading(() => this.#collection.findOne({ _id: id }));
    return (row as unknown as R | null) ?? undefined;
  }

  async getMany(ids: readonly string[]): Promise<readonly R[]> {
    const rows = await reading(() => this.#collection.find({ _id: { $in: [...ids] } }).toArray());
    return rows as unknown as R[];
  }

  async range(query: RangeQuery<R>): Promise<readonly R[]> {
    const sign = query.direction === 'desc' ? -1 : 1;
    const sort = Object.fromEntries(query.order.map((field) => [field, sign] as const));
    const filter = filterOf(query as unknown as RangeQuery<Row>);
    const limit = query.limit === undefined ? {} : { limit: query.limit };
    const rows = await reading(() => this.#collection.find(filter, { sort, ...limit }).toArray());
    return rows as unknown as R[];
  }

  async stored({ where, limit, after }: StoredQuery<R>): Promise<readonly StoredRow<R>[]> {
    const filter = { $and: [where as Filter, after === undefined ? {} : { _id: { $gt: after } }] };
    const options = { sort: { _id: 1 }, limit, raw: true } as const;
    const documents = await reading(() => this.#collection.find(filter, options).toArray());
    return documents.map((document) => new MongoRow<R>(document as unknown as Buffer));
  }

  async sum(field: AmountField<R>, conditions: Conditions<R>): Promise<bigint> {
    const filter = { $and: conditionsOf(conditions) };
    const pipeline = [{ $match: filter }, { $group: { _id: null, total: { $sum: `$${field}` } } }];
    // Past int64 the server goes on in floating point.
    const [sum] = await reading(() => this.#collection.aggregate<{ total: bigint | number }>(pipeline).toArray());
    const total = sum?.total ?? 0n;
    if (typeof total !== 'bigint') throw new RangeError(`${total} is beyond int64`);
    return total;
  }

  async write(work: UnitOfWork, writes: readonly RowWrite<R>[]): Promise<void> {
    if (writes.length === 0) return;
    const session = sessionOf(work);
    if (writes.every((write) => write.kind === 'insert')) {
      await insertAll(
        this.model,
        writes.map(({ row }) => row),
        session,
      );
      return;
    }
    const updates = writes.flatMap(updateOf);
    if (updates.length === writes.length) {
      await updateAll(this.model, updates, session);
      return;
    }
    const result = await this.#collection.bulkWrite(writes.map(operationOf), { session, ordered: true });
    const conditional = writes.filter(isConditional).length;
    // Swaps and removals come alone, so what was not found was changed by somebody else.
    if (conditional > 0 && result.matchedCount + result.deletedCount < conditional) {
      throw new VersionConflict('a row has changed');
    }
  }
}
