// Whoever cannot be told, as where standard error is a file on a full disk, ends no process.
process.stderr.on('error', () => undefined);

/** One line for the person at the terminal. Standard output is left to the log and to results. */
export const report = (line: string): void => void process.stderr.write(`${line}\n`);

/** Errors whose message was written for the person at the terminal; anything else is a bug and shows its stack. */
const forPeople = new Set([
  'BadEnvironment',
  'BrokenStream',
  'CannotListen',
  'DatabaseNotEmpty',
  'JournalWentBack',
  'LocalReplicaSetError',
  'MigrationError',
  'MongodNotFound',
  'SignedCheckpointUnusable',
  'SigningKeyUnusable',
  'StorageUnavailable',
  'UnfinishedRestore',
  'UnguardedServer',
  'UnknownEventShape',
  'UnsuitableMongo',
  'UserError',
  'WorkerFailed',
]);

/** What the user asked for cannot be done; the message says why and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** What an error says. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether its message says all that somebody needs to know. */
export const isForPeople = (error: unknown): error is Error => error instanceof Error && forPeople.has(error.name);

/** Says what went wrong and ends the process. */
export const fail = (error: unknown, code = 1): never => {
  report(isForPeople(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(code);
};

/** Lines up columns; the first row is the head. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
