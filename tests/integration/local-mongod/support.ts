import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../../src/storage/mongo/local/find-mongod.ts';
import {
  openLocalReplicaSet,
  type LocalReplicaSet,
  type LocalReplicaSetOptions,
} from '../../../src/storage/mongo/local/local-replica-set.ts';

export const realMongod = (): Promise<string> =>
  findMongod(
    { environment: process.env, mongodPath: process.env['MONGOD_PATH'], mongodWheel: process.env['MONGOD_WHEEL'] },
    () => undefined,
  );

/** Directories under the system's temporary directory, removed by the returned function. */
export const temporaryDirectories = (): { make: () => Promise<string>; removeAll: () => Promise<void> } => {
  const made: string[] = [];
  return {
    make: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'daybook-test-'));
      made.push(directory);
      return directory;
    },
    removeAll: async () => {
      // A mongod that was just killed may still be writing its last file.
      const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 200 };
      await Promise.all(made.splice(0).map((directory) => rm(directory, options)));
    },
  };
};

export const open = (dataDirectory: string, options: Partial<LocalReplicaSetOptions> = {}): Promise<LocalReplicaSet> =>
  openLocalReplicaSet({
    dataDirectory,
    findMongod: realMongod,
    report: () => undefined,
    attach: false,
    purpose: 'npm start',
    ...options,
  });

const withClient = async <T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> => {
  const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
};

/** Commits one document in a transaction, majority and journaled, as the ledger does. */
export const commit = (uri: string, value: number): Promise<void> =>
  withClient(uri, async (client) => {
    const options = { writeConcern: { w: 'majority', journal: true } } as const;
    await client.withSession((session) =>
      session.withTransaction(() => client.db('test').collection('values').insertOne({ value }, { session }), options),
    );
  });

export const committed = (uri: string): Promise<readonly number[]> =>
  withClient(uri, async (client) => {
    const found = await client.db('test').collection<{ value: number }>('values').find().sort({ value: 1 }).toArray();
    return found.map(({ value }) => value);
  });

const psOf = (pid: number, column: string): string =>
  spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();

/** A process that ended counts as gone, although whoever inherited it may not have collected it yet. */
export const isThere = (pid: number): boolean => !['', 'Z'].includes(psOf(pid, 'stat').slice(0, 1));

export const parentOf = (pid: number): number => Number(psOf(pid, 'ppid'));

export const until = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await condition()) return;
    await sleep(100);
  }
  throw new Error(`Waited 30 s in vain until ${what}.`);
};

export type Said = {
  readonly event: 'open' | 'refused' | 'report' | 'ended' | 'interrupted' | 'stopped';
  readonly text: string;
  readonly uri: string;
  readonly pid: number;
  readonly owned: boolean;
};

/** A Daybook process of its own, which a test can kill. */
export class Daybook {
  readonly #said: Said[] = [];
  private constructor(readonly child: ChildProcess) {
    if (child.stdout) createInterface(child.stdout).on('line', (line) => this.#said.push(JSON.parse(line) as Said));
  }

  static run(options: { dataDirectory: string; purpose: string; attach: boolean; mongod: string }): Daybook {
    const script = fileURLToPath(new URL('./daybook-process.ts', import.meta.url));
    // A process group of its own, as a shell gives to what it starts: Ctrl-C goes to the whole group.
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new Daybook(child);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('The process was not started.');
    return this.child.pid;
  }

  reports(): readonly string[] {
    return this.#said.filter(({ event }) => event === 'report').map(({ text }) => text);
  }

  has(event: Said['event']): boolean {
    return this.#said.some((each) => each.event === event);
  }

  async hears(...events: readonly Said['event'][]): Promise<Said> {
    const heard = (): Said | undefined => this.#said.find(({ event }) => events.includes(event));
    await until(() => heard() !== undefined || this.child.exitCode !== null, `the process says ${events.join(' or ')}`);
    const said = heard();
    if (!said) throw new Error(`The process ended without saying ${events.join(' or ')}.`);
    return said;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  stop(): void {
    this.child.stdin?.write('stop\n');
  }

  /** Asks it to stop and waits until it has ended. */
  async stopped(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.stop();
    await exit;
  }
}
