import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const time = { bsonType: 'date' };
const whole = { bsonType: 'int', minimum: 1 };
const object = { bsonType: 'object' };

const validator = documentsWith(
  {
    _id: text,
    number: whole,
    status: { enum: ['waiting', 'running', 'compared', 'switching', 'switched', 'cancelled', 'failed'] },
    requestedBy: text,
    requestedAt: time,
    beat: whole,
    progress: object,
  },
  {
    accountId: text,
    switchedBy: text,
    cancelledBy: text,
    startedAt: time,
    finishedAt: time,
    runner: text,
    comparison: object,
    mended: { bsonType: 'number', minimum: 0 },
    failure: text,
  },
);

const collections: Collections = {
  rebuilds: { validator, indexes: [{ key: { number: 1 }, options: { unique: true } }] },
};

/** What administrators have asked to be rebuilt, and what became of it. */
export const rebuilds: Migration = {
  id: '0009-rebuilds',
  collections,
  up: (database) => createCollections(database, collections),
};
