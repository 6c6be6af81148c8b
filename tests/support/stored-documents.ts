import type { TestDatabase } from './database.ts';

// Snapshots are a cache; the others are of the database and not of the ledger.
const notOfTheLedger = new Set([
  ...['snapshots', 'migrations', 'migration_lock', 'leases', 'checkpoints', 'restorations', 'api_keys', 'access_log'],
  ...['proposals', 'rebuilds'],
]);

/** Every document of the ledger as it is stored, byte for byte, in hexadecimal digits: by collection, in the order of their ids. */
const documentsOf = async ({ connection }: TestDatabase): Promise<ReadonlyMap<string, readonly string[]>> => {
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

/** How many documents each collection has. */
export const countsOf = async (database: TestDatabase): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries([...(await documentsOf(database))].map(([name, documents]) => [name, documents.length]));

const SHOWN = 5;

/** In which collections and at which places two ledgers differ, and how: the first few. */
export const differencesOf = async (one: TestDatabase, other: TestDatabase): Promise<readonly string[]> => {
  const [before, after] = [await documentsOf(one), await documentsOf(other)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const differences = names.flatMap((name) => {
    const [left, right] = [before.get(name) ?? [], after.get(name) ?? []];
    const places = Array.from({ length: Math.max(left.length, right.length) }, (_, place) => place);
    return places
      .filter((place) => left[place] !== right[place])
      .map((place) => `${name} ${place}: ${left[place] ?? 'none'} and ${right[place] ?? 'none'}`);
  });
  return differences.slice(0, SHOWN);
};
