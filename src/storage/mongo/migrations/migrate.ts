import type { mongo } from 'mongoose';
import { initial } from './0001-initial.ts';
import { leases } from './0002-leases.ts';
import { journal } from './0003-journal.ts';
import { holds } from './0004-holds.ts';
import { checkpoints } from './0005-checkpoints.ts';
import { backDatedSums } from './0006-back-dated-sums.ts';
import { access } from './0007-access.ts';
import type { Migration } from './migration.ts';

const migrations: readonly Migration[] = [initial, leases, journal, holds, checkpoints, backDatedSums, access];

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
    if (codeOf(error) === UNAUTHORIZED) {
      const sentence = `The database lacks the migration ${migration.id}, and this user may not run it. Run npm run migrate as one who may.`;
      throw new MigrationError(sentence, { cause: error });
    }
    // Another process made the same collection at the same moment; what is left to do is done by going over it again.
    if (codeOf(error) === NAMESPACE_EXISTS) await run(migration, database);
    else throw error;
  }
};

/**
 * Brings the database to the shape that this release needs; gives the ids of the migrations that ran now. Every step may run
 * twice, also from two processes at once. Rejects with MigrationError where the database is newer than the code.
 */
export const migrate = async (database: mongo.Db, now: () => Date): Promise<readonly string[]> => {
  const applied = database.collection<MigrationDocument>('migrations');
  const known = new Set(migrations.map(({ id }) => id));
  const done = new Set((await applied.find().toArray()).map(({ _id }) => _id));
  const foreign = [...done].filter((id) => !known.has(id));
  if (foreign.length > 0) {
    const names = foreign.join(', ');
    throw new MigrationError(
      `The database has migrations that this release does not know (${names}). Run a newer Daybook.`,
    );
  }
  const due = migrations.filter(({ id }) => !done.has(id));
  for (const migration of due) {
    await run(migration, database);
    await applied.updateOne({ _id: migration.id }, { $setOnInsert: { appliedAt: now() } }, { upsert: true });
  }
  return due.map(({ id }) => id);
};
