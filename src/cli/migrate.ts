import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { readEnvironment } from '../config/read-environment.ts';
import { connectMongo, databaseOf } from '../storage/mongo/connection.ts';
import { migrate, migrationsOn, WAITS_FOR_OTHER } from '../storage/mongo/migrations/migrate.ts';
import { fail, report, table, UserError } from '../terminal.ts';

// Building an index over a large collection takes as long as it takes.
const LONGEST_STEP = 86_400_000;

type Options = { readonly list?: true };

const list = async (database: Parameters<typeof migrationsOn>[0]): Promise<void> => {
  const states = await migrationsOn(database);
  const rows = states.map(({ id, appliedAt }) => [id, appliedAt?.toISOString() ?? 'not yet']);
  console.log(table([['migration', 'applied at'], ...rows]));
};

const bringUpToDate = async (database: Parameters<typeof migrate>[0]): Promise<void> => {
  const ran = await migrate(
    database,
    () => new Date(),
    () => report(WAITS_FOR_OTHER),
  );
  for (const id of ran) report(`migrated the database: ${id}`);
  if (ran.length === 0) report('The database is up to date.');
};

// One for the work, and one for the lock, which is renewed meanwhile.
const CONNECTIONS = 2;

const run = async (uri: string, selectionTimeout: number, options: Options): Promise<void> => {
  const connection = await connectMongo({ uri, timeout: LONGEST_STEP, selectionTimeout, poolSize: CONNECTIONS });
  try {
    await (options.list ? list : bringUpToDate)(databaseOf(connection));
  } finally {
    await connection.close();
  }
};

const main = async (options: Options): Promise<void> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { MONGODB_URI: uri, DAYBOOK_MONGO_TIMEOUT_MS: selectionTimeout } = readEnvironment(process.env);
  if (uri === undefined) {
    throw new UserError('Set MONGODB_URI. A mongod that Daybook runs itself is migrated at every start, without this.');
  }
  await run(uri, selectionTimeout, options);
};

const program = new Command('migrate')
  .description(
    'Brings the database of MONGODB_URI to the shape that this release needs. Run it as a user who may create collections and ' +
      'indexes; the API then starts as one who may not.',
  )
  .option('--list', 'change nothing, and say which migrations there are and when each was applied')
  .addHelpText(
    'after',
    '\nOne process migrates at a time, and others wait for it. What was killed half-way is gone over again by the next.\n' +
      'A database that a newer release has migrated is refused.\n' +
      '\nExit code: 0 the database is up to date, or was listed, 1 it is not.',
  )
  .action((options: Options) => main(options).then(() => process.exit(), fail));

await program.parseAsync();
