import type { mongo } from 'mongoose';
import type { MigrationState } from '../../../application/ports/storage.ts';
import type { Migration } from './migration.ts';
import { alone } from './migration-lock.ts';
import { migrations } from './migrations.ts';

const NAMESPACE_EXISTS = 48;
const UNAUTHORIZED = 13;

type MigrationDocument = { readonly _id: string; readonly appliedAt: Date };

/** The database was written by a newer Daybook, or its migrations may not be run by this user. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const run = async (migration: Migration, database: mongo.Db): Promise<void> => {
  try {
    await migration.up(database);
  } catch (error) {
    // Another process made the same collection at the same moment; what is left to do is done by going over it again.
    if (codeOf(error) === NAMESPACE_EXISTS) await run(migration, database);
    else throw error;
  }
};

export const WAITS_FOR_OTHER = 'another process is migrating the database: waiting for it';

const appliedOn = (database: mongo.Db): Promise<readonly MigrationDocument[]> =>
  database.collection<MigrationDocument>('migrations').find().toArray();

const statesIn = (applied: readonly MigrationDocument[]): readonly MigrationState[] => {
  const times = new Map(applied.map(({ _id, appliedAt }) => [_id, appliedAt]));
  return migrations.map(({ id }) => ({ id, appliedAt: times.get(id) }));
};

/** All that this release has, in their order, and when each ran: also where a newer release has begun to use the database since. */
export const statesOn = async (database: mongo.Db): Promise<readonly MigrationState[]> =>
  statesIn(await appliedOn(database));

/** The same. Rejects with MigrationError where the database is newer than the code. */
export const migrationsOn = async (database: mongo.Db): Promise<readonly MigrationState[]> => {
  const applied = await appliedOn(database);
  const known = new Set(migrations.map(({ id }) => id));
  const foreign = applied.map(({ _id }) => _id).filter((id) => !known.has(id));
  if (foreign.length > 0) {
    const names = foreign.join(', ');
    throw new MigrationError(
      `The database has migrations that this release does not know (${names}). Run a newer Daybook.`,
    );
  }
  return statesIn(applied);
};

const dueOn = async (database: mongo.Db): Promise<readonly Migration[]> => {
  const due = new Set((await migrationsOn(database)).filter(({ appliedAt }) => !appliedAt).map(({ id }) => id));
  return migrations.filter(({ id }) => due.has(id));
};

const runDue = async (database: mongo.Db, now: () => Date): Promise<readonly string[]> => {
  const due = await dueOn(database);
  for (const migration of due) {
    await run(migration, database);
    await database
      .collection<MigrationDocument>('migrations')
      .updateOne({ _id: migration.id }, { $setOnInsert: { appliedAt: now() } }, { upsert: true });
  }
  return due.map(({ id }) => id);
};

/**
 * Brings the database to the shape that this release needs; gives the ids of the migrations that ran now. One process does so at a time,
 * and the others wait, of which `onWait` hears; what was killed half-way is gone over again. Rejects with MigrationError where the
 * database is newer than the code, or this user may not change it.
 */
export const migrate = async (
  database: mongo.Db,
  now: () => Date,
  onWait: () => void = () => undefined,
): Promise<readonly string[]> => {
  const [first] = await dueOn(database);
  if (!first) return [];
  try {
    return await alone(database, onWait, () => runDue(database, now));
  } catch (error) {
    if (codeOf(error) !== UNAUTHORIZED) throw error;
    const sentence = `The database lacks the migration ${first.id}, and this user may not run it. Run npm run migrate as one who may.`;
    throw new MigrationError(sentence, { cause: error });
  }
};
