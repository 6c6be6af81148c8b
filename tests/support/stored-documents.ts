import type { TestDatabase } from './database.ts';

// Snapshots are a cache; the others are of the database and not of the ledger.
const notOfTheLedger = new Set(['snapshots', 'migrations', 'leases', 'restorations']);

/** Every document of the ledger as it is stored, byte for byte, in hexadecimal digits: by collection, in the order of their ids. */
export const documentsOf = async ({ connection }: TestDatabase): Promise<ReadonlyMap<string, readonly string[]>> => {
  const database = connection.getClient().db(connection.name);
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  const names = collections.map(({ name }) => name).filter((name) => !notOfTheLedger.has(name));
  const documents = new Map<string, readonly string[]>();
  for (const name of names.sort()) {
    const found = await database.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
    documents.set(
      name,
      found.map((document) => Buffer.from(document as unknown as Uint8Array).toString('hex')),
    );
  }
  return documents;
};
