import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { readEnvironment } from '../config/environment.ts';
import { connectMongo, databaseOf } from '../storage/mongo/connection.ts';
import { migrate } from '../storage/mongo/migrations/migrate.ts';
import { fail, report, UserError } from '../terminal.ts';

// Building an index over a large collection takes as long as it takes.
const LONGEST_STEP = 86_400_000;

const run = async (uri: string, selectionTimeout: number): Promise<void> => {
  const connection = await connectMongo({ uri, timeout: LONGEST_STEP, selectionTimeout, poolSize: 1 });
  try {
    const ran = await migrate(databaseOf(connection), () => new Date());
    for (const id of ran) report(`migrated the database: ${id}`);
    if (ran.length === 0) report('The database is up to date.');
  } finally {
    await connection.close();
  }
};

const main = async (): Promise<void> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { MONGODB_URI: uri, DAYBOOK_MONGO_TIMEOUT_MS: selectionTimeout } = readEnvironment(process.env);
  if (uri === undefined) {
    throw new UserError('Set MONGODB_URI. A mongod that Daybook runs itself is migrated at every start, without this.');
  }
  await run(uri, selectionTimeout);
};

const program = new Command('migrate')
  .description(
    'Brings the database of MONGODB_URI to the shape that this release needs. Run it as a user who may create collections and ' +
      'indexes; the API then starts as one who may not.',
  )
  .action(() => main().then(() => process.exit(), fail));

await program.parseAsync();
