import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const validator = documentsWith({
  _id: text,
  position: { bsonType: 'string' },
  beat: { bsonType: 'int', minimum: 1 },
  state: { bsonType: 'object' },
});

const collections: Collections = { checkpoints: { validator, indexes: [] } };

/** Where those stand that read the whole ledger and go on after a restart. */
export const checkpoints: Migration = {
  id: '0005-checkpoints',
  collections,
  up: (database) => createCollections(database, collections),
};
