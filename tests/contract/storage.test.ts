import { collectionOf, modelOf } from '../../src/storage/mongo/models.ts';
import { toDocument } from '../../src/storage/mongo/event-codec.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { openTestDatabase } from '../support/database.ts';
import { append } from './fixture.ts';
import { storageContract } from './storage-contract.ts';

storageContract('memory', () => {
  const storage = openMemoryStorage();
  return Promise.resolve({
    storage,
    writeRaw: (event) => append(storage, [event]),
    close: () => storage.close(),
  });
});

storageContract('MongoDB', async () => {
  const { storage, connection, drop } = await openTestDatabase();
  return {
    storage,
    writeRaw: async (event) => {
      await collectionOf(modelOf(connection, 'events')).insertOne({ ...toDocument(event) });
    },
    close: drop,
  };
});
