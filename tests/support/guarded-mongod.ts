import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import { startKept } from '../../src/storage/mongo/local/keeper.ts';

export type Role = {
  readonly role: string;
  readonly inherits: readonly string[];
  readonly privileges: readonly { readonly collection: string; readonly actions: readonly string[] }[];
};

export type Roles = {
  readonly database: string;
  readonly roles: readonly Role[];
  readonly users: readonly {
    readonly user: string;
    readonly roles: readonly { readonly role: string; readonly database?: string }[];
  }[];
};

type Setup = {
  readonly connect: (credentials?: { user: string; password: string }) => Promise<{
    run: (database: string, command: Record<string, unknown>) => Promise<unknown>;
  }>;
  readonly member: string;
  readonly roles: Roles;
  readonly passwords: Readonly<Record<string, string>>;
  readonly report: (line: string) => void;
};

// The very files that the database's containers run and read, not copies.
const { setUpDatabase } = createRequire(import.meta.url)('../../docker/mongo/database.cjs') as {
  setUpDatabase: (setup: Setup) => Promise<void>;
};

export const readRoles = async (): Promise<Roles> =>
  JSON.parse(await readFile('docker/mongo/roles.json', 'utf8')) as Roles;

export type GuardedMongod = {
  /** Runs the set-up of docker/mongo once more; gives the lines that it reports. */
  readonly setUp: (passwords?: Readonly<Record<string, string>>) => Promise<readonly string[]>;
  /** The connection string with which this user connects. */
  readonly uriFor: (user: string) => string;
  readonly stop: () => Promise<void>;
};

const passwords: Readonly<Record<string, string>> = {
  'daybook-admin': 'password-of-admin',
  'daybook-api': 'password-of-api',
  'daybook-rebuild': 'password-of-rebuild',
  'daybook-migrate': 'password-of-migrate',
};

const startWithKey = async (mongodPath: string, directory: string, port: number): ReturnType<typeof startKept> => {
  const keyfile = join(directory, 'keyfile');
  await writeFile(keyfile, randomBytes(756).toString('base64'), { mode: 0o400 });
  const log = join(directory, 'mongod.log');
  return startKept(mongodPath, [
    ...['--replSet', 'rs0', '--auth', '--keyFile', keyfile, '--dbpath', directory, '--logpath', log],
    ...['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
  ]);
};

/** A replica set with access control, set up as `docker compose up` sets its own up, in a directory of its own. */
export const startGuardedMongod = async (mongodPath: string): Promise<GuardedMongod> => {
  const directory = await mkdtemp(join(tmpdir(), 'daybook-roles-'));
  const port = await freePort();
  const member = `127.0.0.1:${port}`;
  const mongod = await startWithKey(mongodPath, directory, port);
  const clients: MongoClient[] = [];
  const roles = await readRoles();
  const connect: Setup['connect'] = async (credentials) => {
    const client = new MongoClient(`mongodb://${member}/?directConnection=true`, {
      ...(credentials && { auth: { username: credentials.user, password: credentials.password } }),
    });
    clients.push(client);
    await client.connect();
    return { run: (database, command) => client.db(database).command(command) };
  };
  return {
    setUp: async (others = {}) => {
      const lines: string[] = [];
      const report = (line: string): void => void lines.push(line);
      await setUpDatabase({ connect, member, roles, passwords: { ...passwords, ...others }, report });
      return lines;
    },
    uriFor: (user) => `mongodb://${user}:${passwords[user] ?? ''}@${member}/${roles.database}?replicaSet=rs0`,
    stop: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await mongod.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
};
