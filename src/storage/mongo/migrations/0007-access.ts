import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const time = { bsonType: 'date' };
const digest = { bsonType: 'string', pattern: '^[0-9a-f]{64}$' };

const collections: Collections = {
  api_keys: {
    validator: documentsWith(
      {
        _id: text,
        name: text,
        secretHash: digest,
        scopes: {
          bsonType: 'array',
          minItems: 1,
          items: { enum: ['accounts:read', 'money:write', 'audit:read', 'admin'] },
        },
        createdAt: time,
        createdBy: text,
      },
      { ownerId: text, rotatedAt: time, previousHash: digest, previousUntil: time, revokedAt: time },
    ),
    indexes: [],
  },
  access_log: {
    validator: documentsWith(
      {
        _id: text,
        at: time,
        actor: text,
        what: text,
        route: text,
        from: text,
        outcome: { enum: ['done', 'unauthenticated', 'forbidden', 'not_own'] },
        requestId: text,
      },
      { about: text, count: { bsonType: 'int', minimum: 1 } },
    ),
    indexes: [{ key: { actor: 1, _id: 1 } }, { key: { outcome: 1, _id: 1 } }],
  },
};

/** Who may ask for what, and who was refused. */
export const access: Migration = {
  id: '0007-access',
  collections,
  up: (database) => createCollections(database, collections),
};
