import { documentsWith, text } from './documents.ts';
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
  up: async (database) => {
    const existing = await database.listCollections({ name: 'leases' }, { nameOnly: true }).toArray();
    if (existing.length === 0) await database.createCollection('leases', { validator });
  },
};
