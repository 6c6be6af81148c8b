import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Connection } from 'mongoose';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { migrate } from '../../src/storage/mongo/migrations/migrate.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import type { Storage } from '../../src/application/ports/storage.ts';

export type TestDatabase = {
  /** Names the database too: what MONGODB_URI is for a process that shall work on it. */
  readonly uri: string;
  readonly connection: Connection;
  readonly storage: Storage;
  /** Drops the database and closes the connection. */
  readonly drop: () => Promise<void>;
};

/** An empty, migrated database of its own on the replica set of this test run (or on the one named). */
export const openTestDatabase = async (mongoUri: string = inject('mongoUri')): Promise<TestDatabase> => {
  // Not by URL, which knows one host only.
  const uri = mongoUri.replace(/^([^/]+\/\/[^/?]+)[^?]*/, `$1/test-${randomUUID()}`);
  const connection = await connectMongo({ uri, timeout: 10_000, poolSize: 10 });
  await migrate(connection.getClient().db(connection.name), () => new Date());
  return {
    uri,
    connection,
    storage: openMongoStorage(connection, 10_000),
    drop: async () => {
      await connection.dropDatabase();
      await connection.useDb(`${connection.name}_rebuild`).dropDatabase();
      await connection.close();
    },
  };
};
