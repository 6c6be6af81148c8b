import type { mongo } from 'mongoose';
import type { Collections } from './documents.ts';

/** One step from an older shape of the database to a newer one. Safe to run again after it stopped half-way. */
export type Migration = {
  readonly id: string;
  /** What collections look like behind it, where it makes them or gives them another shape: each as a whole, for later ones replace it. */
  readonly collections?: Collections;
  readonly up: (database: mongo.Db) => Promise<void>;
};
