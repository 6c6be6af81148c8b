import { isDeepStrictEqual } from 'node:util';
import type { mongo } from 'mongoose';
import type { MissingGuard } from '../../application/ports/storage.ts';
import { shapeOf } from './migrations/migrations.ts';

type Options = {
  readonly validator?: mongo.Document;
  readonly validationLevel?: string;
  readonly validationAction?: string;
  readonly collation?: mongo.Document;
};

const hasValidator = async (database: mongo.Db, name: string): Promise<boolean> => {
  const [listed] = await database.listCollections({ name }).toArray();
  const {
    validator,
    validationLevel = 'strict',
    validationAction = 'error',
    collation,
  } = (listed as { readonly options?: Options } | undefined)?.options ?? {};
  // Under a collation of its own, a collection takes two texts for one, and gives what was not asked for.
  const refuses = validationLevel === 'strict' && validationAction === 'error' && !collation;
  return refuses && isDeepStrictEqual(validator, shapeOf(name).validator);
};

// In their order: an index of the same fields in another order would do too, and is not what a migration makes.
const fieldsOf = (key: object): string => Object.keys(key).join(', ');

// NamespaceNotFound, CommandNotSupportedOnView: what is not there, or only looks as if, has no indexes.
const WITHOUT_INDEXES = new Set<unknown>([26, 166]);

/** What the unique indexes are of that keep doubles out of the whole collection. */
const uniqueIn = async (collection: mongo.Collection): Promise<ReadonlySet<string>> => {
  const indexes = await collection.indexes().catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && WITHOUT_INDEXES.has(error.code)) return [];
    throw error;
  });
  const whole = indexes.filter(
    ({ unique, partialFilterExpression, sparse, collation }) =>
      unique && !partialFilterExpression && !sparse && !collation,
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
