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
          items: { enum: ['accounts:read', 'money:write', 'money:approve', 'audit:read', 'admin'] },
        },
        createdAt: time,
        createdBy: text,
      },
      { ownerId: text, rotatedAt: time, previousHash: digest, previousUntil: time, revokedAt: time },
    ),
    indexes: [],
  },
  proposals: {
    validator: documentsWith(
      {
        _id: text,
        status: { enum: ['pending', 'approved', 'rejected', 'cancelled'] },
        wish: { bsonType: 'object', required: ['type'], properties: { type: text } },
        amount: { bsonType: 'long', minimum: 1 },
        currency: text,
        proposedBy: text,
        proposedAt: time,
        expiresAt: time,
      },
      {
        ownerId: text,
        transactionId: text,
        expected: {
          bsonType: 'object',
          required: ['accountId', 'versions'],
          properties: { accountId: text, versions: { bsonType: 'array', items: { bsonType: ['int', 'double'] } } },
        },
        decidedBy: text,
        decidedAt: time,
        reason: text,
        eventIds: { bsonType: 'array', minItems: 1, items: text },
      },
    ),
    indexes: [{ key: { status: 1, _id: 1 } }, { key: { ownerId: 1, _id: 1 } }],
  },
};

/** Money commands that wait for the approval of another, and a scope for whoever may give it. */
export const proposals: Migration = {
  id: '0008-proposals',
  collections,
  up: async (database) => {
    await createCollections(database, collections);
    await database.command({ collMod: 'api_keys', validator: collections.api_keys?.validator });
  },
};
