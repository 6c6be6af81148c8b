import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, hash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NOTHING_SEALED, signCheckpoint } from '../../src/journal/checkpoint.ts';
import { SignedCheckpoint } from '../../src/journal/signed-checkpoint.ts';
import { noteSigner } from '../../src/journal/signed-note.ts';
import { programFile } from '../programs/worker.ts';
import type { ApiContender } from './contender.ts';

/** One process of the API, or of what stands in its place. */
export type ApiServer = {
  readonly url: string;
  readonly pid: number;
  /** Rejects where the process has ended by itself. */
  readonly mustBeAlive: () => void;
  /** Resolves when the process is gone, with what it said to the person at the terminal. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
};

const programs: Readonly<Record<ApiContender['kind'], string>> = {
  // The ledger's own, from the same build.
  ledger: fileURLToPath(new URL('../../src/main.js', import.meta.url)),
  door: programFile('door'),
  'one-transaction': programFile('one-transaction'),
};

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;

const ready = /API\s+(http:\S+)/;

// Settings of the caller's own ledger must not reach the servers that are compared.
const foreign = /^(?:DAYBOOK_|OTEL_|MONGO|PORT$|HOST$|LOG_LEVEL$|NODE_ENV$|NODE_OPTIONS$)/;

/** The environment for a process that is measured. */
export const inherited = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));

const untilReady = (child: ChildProcess, said: () => string): Promise<string> =>
  new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error(`The API was not ready in time: ${said()}`)), START_LIMIT_MS);
    child.stderr?.on('data', () => {
      const url = ready.exec(said())?.[1];
      if (url === undefined) return;
      clearTimeout(giveUp);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(giveUp);
      reject(new Error(`The API ended with ${code ?? 'a signal'}: ${said()}`));
    });
  });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(kill);
};

export type ApiServerOptions = {
  readonly contender: ApiContender;
  readonly mongoUri: string;
  /** The working directory: one without an `.env` file that would change the settings. */
  readonly directory: string;
  /** For Node. */
  readonly flags: readonly string[];
  /** Where its log goes; left out, to nowhere. */
  readonly log?: number;
};

/** The built API in a process of its own, with its settings as they come, and so open to whoever is on this machine; the log is written, to nowhere. */
export const startApiServer = async (options: ApiServerOptions): Promise<ApiServer> => {
  const { contender, mongoUri, directory, flags, log = 'ignore' } = options;
  // Below npm the API ends with its parent, also where that was killed and could end nothing.
  const npm = { npm_lifecycle_event: 'bench' };
  // One key signs the journals of many databases here, and each of them begins by itself.
  const signedFile = join(directory, `${hash('sha256', mongoUri)}.checkpoint`);
  const anybody = noteSigner('bench', generateKeyPairSync('ed25519').privateKey);
  await new SignedCheckpoint(signedFile).begin(signCheckpoint(NOTHING_SEALED, anybody));
  const own = {
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: '0',
    MONGODB_URI: mongoUri,
    DAYBOOK_SIGNED_CHECKPOINT_FILE: signedFile,
  };
  const child = spawn(process.execPath, [...flags, programs[contender.kind]], {
    cwd: directory,
    env: { ...inherited(), ...npm, ...own, ...contender.settings },
    stdio: ['ignore', log, 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit').then(() => said);
  try {
    const url = await untilReady(child, () => said);
    const mustBeAlive = (): void => {
      if (hasEnded(child)) throw new Error(`The API (${contender.name}) has ended by itself: ${said}`);
    };
    return { url, pid: child.pid ?? 0, mustBeAlive, ended, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
};
