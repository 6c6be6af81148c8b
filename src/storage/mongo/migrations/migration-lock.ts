import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';

type LockDocument = { readonly _id: 'lock'; readonly holder: string; readonly until: Date };

// A holder that was killed keeps the others waiting for so long. By the clock of the database, which is one for all.
const TERM = 30_000;
const RENEWED_EVERY = TERM / 3;
const LOOK_AGAIN = 250;

const DUPLICATE_KEY = 11_000;

const isTaken = (error: unknown): boolean => error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;

const fromNow = [{ $set: { until: { $add: ['$$NOW', TERM] } } }];

/** Whether it is ours now: it was never there, or its holder has not renewed it. */
const take = async (locks: mongo.Collection<LockDocument>, holder: string): Promise<boolean> => {
  try {
    await locks.insertOne({ _id: 'lock', holder, until: new Date(0) });
    return (await locks.updateOne({ _id: 'lock', holder }, fromNow)).modifiedCount === 1;
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  const isOver = { _id: 'lock' as const, $expr: { $lt: ['$until', '$$NOW'] } };
  return (await locks.updateOne(isOver, [{ $set: { holder } }, ...fromNow])).modifiedCount === 1;
};

/**
 * Does this while no other process does the like on this database, and calls back once where it has to wait. One that is stopped for
 * longer than its term may find that another has begun: so what is done must bear being done twice.
 */
export const alone = async <T>(database: mongo.Db, onWait: () => void, work: () => Promise<T>): Promise<T> => {
  const locks = database.collection<LockDocument>('migration_lock');
  const holder = randomUUID();
  for (let waits = 0; !(await take(locks, holder)); waits += 1) {
    if (waits === 0) onWait();
    await sleep(LOOK_AGAIN);
  }
  const renewal = setInterval(() => {
    locks.updateOne({ _id: 'lock', holder }, fromNow).catch(() => undefined);
  }, RENEWED_EVERY);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await locks.deleteOne({ _id: 'lock', holder });
  }
};
