import { type ClientSession, type Model, mongo } from 'mongoose';
import { databaseOf } from './connection.ts';
import { type AnyDocument, collectionOf } from './models.ts';

// MongoDB takes a command of up to 16 MiB. What is weighed here is never less than the documents are as BSON.
const HEAVIEST = 12 * 1_024 * 1_024;

// A field's type, the end of its name, and the largest value of fixed size.
const FIELD = 18;
// UTF-8 takes at most three bytes for what is one unit of a string here.
const BYTES_OF_UNIT = 3;

/** No less than what a value takes as BSON. */
const weigh = (value: unknown): number => {
  if (typeof value === 'string') return value.length * BYTES_OF_UNIT;
  if (typeof value !== 'object' || value === null || value instanceof Date) return 0;
  let weight = FIELD;
  for (const name in value) {
    weight += FIELD + name.length * BYTES_OF_UNIT + weigh((value as Record<string, unknown>)[name]);
  }
  return weight;
};

/** The same documents in as few parts as a command can carry. */
const inParts = <D>(documents: readonly D[]): readonly (readonly D[])[] => {
  const parts: D[][] = [];
  let room = 0;
  for (const document of documents) {
    const weight = weigh(document);
    if (weight > room || parts.length === 0) {
      parts.push([]);
      room = HEAVIEST;
    }
    parts.at(-1)?.push(document);
    room -= weight;
  }
  return parts;
};

type Reply = { readonly writeErrors?: readonly mongo.ErrorDescription[] };

const run = async (model: Model<AnyDocument>, command: mongo.Document, session: ClientSession): Promise<void> => {
  const { writeErrors } = (await databaseOf(model.db).command(command, { session, ignoreUndefined: true })) as Reply;
  if (writeErrors?.[0]) throw new mongo.MongoServerError(writeErrors[0]);
};

/**
 * Inserts in the words of the server's own command. The driver's `insertMany` comes to the same, but measures and wraps every
 * document first, which takes as long as writing it (ADR 0012).
 */
export const insertAll = async (
  model: Model<AnyDocument>,
  documents: readonly object[],
  session: ClientSession,
): Promise<void> => {
  for (const part of inParts(documents)) {
    await run(model, { insert: collectionOf(model).collectionName, documents: part }, session);
  }
};

export type Update = { readonly q: object; readonly u: object; readonly upsert?: true };

/** The same for updates and replacements by id. */
export const updateAll = async (
  model: Model<AnyDocument>,
  updates: readonly Update[],
  session: ClientSession,
): Promise<void> => {
  for (const part of inParts(updates)) {
    await run(model, { update: collectionOf(model).collectionName, updates: part }, session);
  }
};
