import { type Collections, createCollections, documentsWith, text } from './documents.ts';
import type { Migration } from './migration.ts';

const count = { bsonType: 'long', minimum: 1 };
const bytes = { bsonType: 'binData' };

const collections: Collections = {
  journal: {
    validator: documentsWith(
      {
        _id: count,
        firstPosition: count,
        treeSize: count,
        eventIds: { bsonType: 'array', minItems: 1, items: text },
        leafHashes: bytes,
        rootHash: bytes,
        range: bytes,
        sealedAt: { bsonType: 'date' },
        checkpoint: text,
        verifierKey: text,
      },
      { resumeToken: text },
    ),
    indexes: [
      { key: { firstPosition: 1 }, options: { unique: true } },
      // Whatever goes wrong elsewhere, no event is sealed twice.
      { key: { eventIds: 1 }, options: { unique: true } },
    ],
  },
  journal_tiles: { validator: documentsWith({ _id: { bsonType: 'object' }, hashes: bytes, root: bytes }), indexes: [] },
};

/** The sealed order of all events, and the tiles that its proofs are made from. */
export const journal: Migration = {
  id: '0003-journal',
  collections,
  up: (database) => createCollections(database, collections),
};
