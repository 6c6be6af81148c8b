import type { UnitOfWork } from './unit-of-work.ts';

export type Value = string | number | bigint | boolean | Date | { readonly [member: string]: Value } | readonly Value[];

/** A row as it is stored: plain values, amounts as bigint minor units, times as Date. */
export type Row = { readonly _id: string };

declare const rowType: unique symbol;

/** Names a table and, at compile time only, says what its rows are. */
export type TableName<R extends Row> = { readonly name: string; readonly [rowType]?: R };

export const tableName = <R extends Row>(name: string): TableName<R> => ({ name });

type Field<R> = Extract<keyof R, string>;

export type RowWrite<R extends Row> =
  | { readonly kind: 'insert'; readonly row: R }
  /** The row as it is now. `changed`: in a row that is there, no other fields differ, and the store may leave them alone. */
  | { readonly kind: 'put'; readonly row: R; readonly changed?: readonly string[] }
  | { readonly kind: 'patch'; readonly id: string; readonly set: Partial<R> }
  /** In place of a row that is still exactly as it was found. */
  | { readonly kind: 'swap'; readonly found: R; readonly row: R }
  | { readonly kind: 'remove'; readonly found: R };

type Bound = string | number | bigint | Date;

export type Bounds = { readonly gt?: Bound; readonly gte?: Bound; readonly lt?: Bound; readonly lte?: Bound };

/** Rows whose fields equal `where` and lie within `bounds`, in order. */
export type RangeQuery<R extends Row> = {
  readonly where?: Partial<R>;
  readonly bounds?: { readonly [K in Field<R>]?: Bounds };
  /** The last field must make the order total. */
  readonly order: readonly Field<R>[];
  readonly direction?: 'asc' | 'desc';
  /** Goes on behind the row with these values in the fields of `order`. */
  readonly after?: readonly Bound[];
  readonly limit?: number;
};

/** The fields that hold an amount. */
export type AmountField<R> = { [K in Field<R>]: R[K] extends bigint ? K : never }[Field<R>];

/** A row as the store has it, looked into only where it has to be. */
export interface StoredRow<R extends Row> {
  readonly _id: string;
  /** Whether another, of the same store, says the same without a doubt: for all that, what is only spelled otherwise may differ. */
  isSame(other: StoredRow<R>): boolean;
  read(): R;
}

/** Rows whose fields equal `where`, by id, behind this one. */
export type StoredQuery<R extends Row> = Required<Pick<RangeQuery<R>, 'where' | 'limit'>> & { readonly after?: string };

/** A keyed collection of rows: what every read model, key and id is kept in. Reads see what is acknowledged. */
export interface Table<R extends Row> {
  get(id: string): Promise<R | undefined>;
  /** The rows that exist, in no particular order. */
  getMany(ids: readonly string[]): Promise<readonly R[]>;
  range(query: RangeQuery<R>): Promise<readonly R[]>;
  /** For those who go through all rows and look into few. */
  stored(query: StoredQuery<R>): Promise<readonly StoredRow<R>[]>;
  /** What is in this field of all these rows, added up where they are kept. Rejects with RangeError where that is beyond int64. */
  sum(field: AmountField<R>, query: Pick<RangeQuery<R>, 'where' | 'bounds'>): Promise<bigint>;
  /** In the given order. Rejects with VersionConflict where an inserted id exists, or a found row has changed. */
  write(work: UnitOfWork, writes: readonly RowWrite<R>[]): Promise<void>;
}
