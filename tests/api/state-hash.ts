import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';

/** Digest of everything in the database: every document of every collection, byte for byte as BSON, in the order of its ids. */
export const stateHashOf = async (connection: Connection): Promise<string> => {
  const database = connection.getClient().db(connection.name);
  const names = (await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    hash.update(`\n${name}\n`);
    const documents = await database.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
    for (const document of documents) hash.update(document as unknown as Buffer);
  }
  return hash.digest('hex');
};
