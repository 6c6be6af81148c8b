import type { mongo } from 'mongoose';

type Properties = Readonly<Record<string, object>>;

/** A validator for documents that have these fields, may have those, and no others. */
export const documentsWith = (required: Properties, optional: Properties = {}): object => ({
  $jsonSchema: {
    bsonType: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  },
});

export const text = { bsonType: 'string', minLength: 1 };

type Index = { readonly key: Readonly<Record<string, 1 | -1>>; readonly options?: mongo.CreateIndexesOptions };

export type Shape = { readonly validator: object; readonly indexes: readonly Index[] };

export type Collections = Readonly<Record<string, Shape>>;

/** Makes what is missing of these collections and their indexes; may run twice. */
export const createCollections = async (database: mongo.Db, collections: Collections): Promise<void> => {
  const existing = new Set((await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  for (const [name, { validator, indexes }] of Object.entries(collections)) {
    if (!existing.has(name)) await database.createCollection(name, { validator });
    for (const { key, options } of indexes) await database.collection(name).createIndex(key, options ?? {}, {});
  }
};
