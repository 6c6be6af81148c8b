import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const anyText = { bsonType: 'string' };
const amount = { bsonType: 'long' };
const positiveAmount = { bsonType: 'long', minimum: 1 };
const version = { bsonType: 'int', minimum: 1 };
const time = { bsonType: 'date' };
const object = { bsonType: 'object' };

const remarks = {
  reference: anyText,
  counterparty: anyText,
  transactionId: text,
  transferId: text,
  originalEventId: text,
};

const collections: Collections = {
  events: {
    validator: documentsWith({
      _id: text,
      streamId: text,
      version,
      type: text,
      schemaVersion: version,
      data: {
        bsonType: 'object',
        properties: {
          amount: positiveAmount,
          overdraftLimit: amount,
          originalAmount: positiveAmount,
          reversedTotal: positiveAmount,
        },
      },
      metadata: object,
      recordedAt: time,
      effectiveAt: time,
    }),
    indexes: [
      { key: { streamId: 1, version: 1 }, options: { unique: true } },
      // Only reversals have the field, so every other insert leaves this index alone.
      {
        key: { 'data.originalEventId': 1 },
        options: { partialFilterExpression: { 'data.originalEventId': { $exists: true } } },
      },
    ],
  },
  snapshots: {
    validator: documentsWith({
      _id: text,
      streamId: text,
      version,
      recordedAt: time,
      foldVersion: version,
      state: text,
      stateHash: text,
    }),
    indexes: [{ key: { streamId: 1, version: 1 }, options: { unique: true } }, { key: { streamId: 1, recordedAt: 1 } }],
  },
  idempotency_keys: {
    validator: documentsWith(
      {
        _id: text,
        requestHash: text,
        status: { bsonType: 'int' },
        body: anyText,
        eventIds: { bsonType: 'array', items: text },
        expiresAt: time,
      },
      { etag: text, location: text },
    ),
    indexes: [{ key: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } }],
  },
  transaction_ids: { validator: documentsWith({ _id: text, eventId: text }), indexes: [] },
  accounts: {
    validator: documentsWith(
      {
        _id: text,
        ownerId: text,
        currency: text,
        status: { enum: ['active', 'frozen', 'closed'] },
        ledgerBalance: amount,
        heldAmount: amount,
        availableBalance: amount,
        overdraftLimit: amount,
        version,
        openedAt: time,
        updatedAt: time,
      },
      { metadata: object },
    ),
    indexes: [{ key: { ownerId: 1, _id: 1 } }, { key: { status: 1, _id: 1 } }, { key: { currency: 1, _id: 1 } }],
  },
  statement_entries: {
    validator: documentsWith(
      {
        _id: text,
        accountId: text,
        version,
        type: text,
        amount,
        currency: text,
        balanceAfter: amount,
        backDated: { bsonType: 'bool' },
        recordedAt: time,
        effectiveAt: time,
      },
      remarks,
    ),
    indexes: [
      { key: { accountId: 1, version: 1 }, options: { unique: true } },
      { key: { accountId: 1, effectiveAt: 1, version: 1 } },
      {
        key: { accountId: 1, effectiveAt: 1 },
        options: { name: 'back_dated', partialFilterExpression: { backDated: true } },
      },
    ],
  },
  transfers: {
    validator: documentsWith(
      {
        _id: text,
        status: { enum: ['completed', 'partially_reversed', 'reversed'] },
        amount: positiveAmount,
        reversedAmount: amount,
        currency: text,
        fromAccountId: text,
        fromEventId: text,
        fromVersion: version,
        toAccountId: text,
        toEventId: text,
        recordedAt: time,
        effectiveAt: time,
      },
      { transactionId: text, reference: anyText },
    ),
    indexes: [],
  },
};

/** Every collection of the ledger with its validator and indexes. */
export const initial: Migration = {
  id: '0001-initial',
  collections,
  up: (database) => createCollections(database, collections),
};
