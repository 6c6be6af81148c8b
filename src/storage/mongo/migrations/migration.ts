import type { mongo } from 'mongoose';

/** One step from an older shape of the database to a newer one. Safe to run again after it stopped half-way. */
export type Migration = { readonly id: string; readonly up: (database: mongo.Db) => Promise<void> };
