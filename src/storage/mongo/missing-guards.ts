import { isDeepStrictEqual } from 'node:util';
import type { mongo } from 'mongoose';
import type { MissingGuard } from '../../application/ports/storage.ts';
import { shapeOf } from './migrations/migrations.ts';

type Options = {
  readonly validator?: mongo.Document;
  readonly validationLevel?: string;
  readonly validationAction?: string;
};

const hasValidator = async (database: mongo.Db, name: string): Promise<boolean> => {
  const [listed] = await database.listCollections({ name }).toArray();
  const {
    validator,
    validationLevel = 'strict',
    validationAction = 'error',
  } = (listed as { readonly options?: Options } | undefined)?.options ?? {};
  const refuses = validationLevel === 'strict' && validationAction === 'error';
  return refuses && isDeepStrictEqual(validator, shapeOf(name).validator);
};

// In their order: an index of the same fields in another order would do too, and is not what a migration makes.
const fieldsOf = (key: object): string => Object.keys(key).join(', ');

const NAMESPACE_NOT_FOUND = 26;

/** What the unique indexes are of that keep doubles out of the whole collection. */
const uniqueIn = async (collection: mongo.Collection): Promise<ReadonlySet<string>> => {
  const indexes = await collection.indexes().catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === NAMESPACE_NOT_FOUND) return [];
    throw error;
  });
  const whole = indexes.filter(
    ({ unique, partialFilterExpression, sparse }) => unique && !partialFilterExpression && !sparse,
  );
  return new Set(whole.map(({ key }) => fieldsOf(key)));
};

const missingOn = async (database: mongo.Db, collection: string): Promise<readonly MissingGuard[]> => {
  const unique = await uniqueIn(database.collection(collection));
  const due = shapeOf(collection).indexes.filter(({ options }) => options?.unique);
  const missing = due.map(({ key }) => fieldsOf(key)).filter((fields) => !unique.has(fields));
  const guards = missing.map((uniqueOver) => ({ collection, uniqueOver }));
  return (await hasValidator(database, collection)) ? guards : [{ collection }, ...guards];
};

/** What these collections lack of the validators and unique indexes that the migrations of this release give them. */
export const missingGuardsOn = async (
  database: mongo.Db,
  collections: readonly string[],
): Promise<readonly MissingGuard[]> =>
  (await Promise.all(collections.map((collection) => missingOn(database, collection)))).flat();
