import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const whole = { bsonType: 'int', minimum: 1 };

const validator = documentsWith({
  _id: text,
  holder: text,
  machine: text,
  host: text,
  port: whole,
  token: text,
  beat: whole,
});

const collections: Collections = { leases: { validator, indexes: [] } };

/** Where processes agree on which of them commits for all. */
export const leases: Migration = {
  id: '0002-leases',
  collections,
  up: (database) => createCollections(database, collections),
};
