import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const time = { bsonType: 'date' };
const version = { bsonType: 'int', minimum: 1 };

const collections: Collections = {
  holds: {
    validator: documentsWith(
      {
        _id: text,
        accountId: text,
        holdId: text,
        status: { enum: ['placed', 'captured', 'released', 'expired'] },
        amount: { bsonType: 'long', minimum: 1 },
        capturedAmount: { bsonType: 'long', minimum: 0 },
        currency: text,
        placedAt: time,
        placedEventId: text,
        placedVersion: version,
      },
      {
        reference: { bsonType: 'string' },
        metadata: { bsonType: 'object' },
        expiresAt: time,
        endedAt: time,
        endedVersion: version,
      },
    ),
    indexes: [
      { key: { accountId: 1, placedVersion: 1 }, options: { unique: true } },
      { key: { accountId: 1, status: 1, placedVersion: 1 } },
      // Of the open ones that end by themselves: what is looked through for those that are due stays small.
      {
        key: { expiresAt: 1, _id: 1 },
        options: {
          name: 'due',
          partialFilterExpression: { status: 'placed', expiresAt: { $exists: true } },
        },
      },
    ],
  },
};

/** What is reserved on accounts: one document for each hold. */
export const holds: Migration = {
  id: '0004-holds',
  collections,
  up: (database) => createCollections(database, collections),
};
