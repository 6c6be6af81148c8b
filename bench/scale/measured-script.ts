import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { inherited } from '../servers/api-server.ts';
import type { Filled, Stage } from './stage.ts';

/** How a script of the ledger ended, and what it took. */
export type ScriptRun = {
  readonly code: number | null;
  readonly stdout: string;
  readonly seconds: number;
  /** The most memory that it ever had, in megabytes; NaN where the machine does not tell. */
  readonly peakMemory: number;
};

const POLL = 50;

/** VmHWM only ever grows, so the last look before the end is the right one. */
const peakOf = async (pid: number): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : (Number(kibibytes) * 1_024) / 1e6;
};

/** Runs one of the scripts in a process of its own, from the build that is being measured. */
export const runMeasured = async (
  { closing, mongod }: Stage,
  { uri }: Filled,
  [name, ...args]: readonly [name: 'verify' | 'rebuild', ...args: string[]],
): Promise<ScriptRun> => {
  const file = fileURLToPath(new URL(`../../src/cli/${name}.js`, import.meta.url));
  const begun = performance.now();
  // In a directory without an `.env` file that would change the settings.
  const env = { ...inherited(), MONGODB_URI: uri, NODE_ENV: 'production' };
  const child = await closing.open(
    () =>
      Promise.resolve(
        spawn(process.execPath, [file, ...args], { cwd: mongod.directory, env, stdio: ['ignore', 'pipe', 'inherit'] }),
      ),
    (started) => Promise.resolve(started.kill('SIGTERM')),
  );
  let stdout = '';
  let peakMemory = NaN;
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const polling = setInterval(() => {
    void peakOf(child.pid ?? 0).then((peak) => (peakMemory = peak ?? peakMemory));
  }, POLL);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(polling);
  return { code, stdout, seconds: (performance.now() - begun) / 1_000, peakMemory };
};
