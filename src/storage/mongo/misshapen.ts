import type { mongo } from 'mongoose';
import type { Misshapen } from '../../application/ports/storage.ts';
import { translate } from './mongo-errors.ts';
import { shapeOf } from './migrations/migrations.ts';

// Nothing is told while nothing is found, and a socket that is silent for longer than its limit is given up. The driver takes this from
// the options of any operation, which its types do not say.
const PATIENCE = { socketTimeoutMS: 86_400_000 };

const idText = (id: unknown): string =>
  typeof id === 'string'
    ? id
    : JSON.stringify(id, (_, member: unknown) => (typeof member === 'bigint' ? member.toString() : member));

/**
 * The documents of these collections that the validators of this release would refuse. Not those that the collections have now: whoever
 * owns the database can take them away, or put others in their place.
 */
export async function* misshapenIn(database: mongo.Db, names: readonly string[]): AsyncGenerator<Misshapen> {
  try {
    for (const name of names) {
      const filter = { $nor: [shapeOf(name).validator] };
      const found = database.collection(name).find(filter, { projection: { _id: 1 }, ...PATIENCE });
      for await (const { _id } of found) yield { collection: name, id: idText(_id) };
    }
  } catch (error) {
    throw translate(error);
  }
}
