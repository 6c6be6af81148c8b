import { createCollections, documentsWith, text } from './documents.ts';
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

/** Where processes agree on which of them commits for all. */
export const leases: Migration = {
  id: '0002-leases',
  up: (database) => createCollections(database, { leases: { validator, indexes: [] } }),
};
