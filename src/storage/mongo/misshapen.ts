import type { mongo } from 'mongoose';
import type { Misshapen } from '../../application/ports/storage.ts';
import { translate } from './mongo-errors.ts';
import { shapeOf } from './migrations/migrations.ts';

// Nothing is told while nothing is found, and a socket that is silent for longer than its limit is given up. The driver takes this from
// the options of any operation, which its types do not say.
const PATIENCE = { socketTimeoutMS: 86_400_000 };

type Schema = {
  readonly $jsonSchema: { readonly properties: Readonly<Record<string, { readonly bsonType?: unknown }>> };
};

const idText = (id: unknown): string =>
  typeof id === 'string'
    ? id
    : JSON.stringify(id, (_, member: unknown) => (typeof member === 'bigint' ? member.toString() : member));

/**
 * Whether a name stands twice among the members of what is there. No validator minds; the server takes the first of them, as where it looks for a row or
 * adds up, and who reads the document takes the last.
 */
const hasTwins = (path: string): object => {
  const members = { $cond: [{ $eq: [{ $type: path }, 'object'] }, path, {}] };
  return { $ne: [{ $bsonSize: members }, { $bsonSize: { $mergeObjects: [members] } }] };
};

/** The document itself, and what is in it that has members. */
const objectsIn = ({ $jsonSchema: { properties } }: Schema): readonly string[] => {
  const names = Object.keys(properties).filter((name) => properties[name]?.bsonType === 'object');
  return ['$$ROOT', ...names.map((name) => `$${name}`)];
};

/**
 * The documents of these collections that the validators of this release would refuse, or that say a thing twice. Not those that the collections have now: whoever
 * owns the database can take them away, or put others in their place.
 */
export async function* misshapenIn(database: mongo.Db, names: readonly string[]): AsyncGenerator<Misshapen> {
  try {
    for (const name of names) {
      const validator = shapeOf(name).validator as Schema;
      const filter = { $or: [{ $nor: [validator] }, { $expr: { $or: objectsIn(validator).map(hasTwins) } }] };
      const found = database.collection(name).find(filter, { projection: { _id: 1 }, ...PATIENCE });
      for await (const { _id } of found) yield { collection: name, id: idText(_id) };
    }
  } catch (error) {
    throw translate(error);
  }
}
