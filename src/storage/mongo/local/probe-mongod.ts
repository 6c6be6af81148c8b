import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export type Probe = { readonly version: string } | { readonly failure: string };

/** Daybook uses transactions and commands as MongoDB 6.0 has them. */
const oldestMajorVersion = 6;
// A cold start of a 140 MB binary on a busy machine can take seconds; a hanging one is given up.
const timeoutMs = 10_000;

const run = (path: string): Promise<{ output: string; error: Error | null }> =>
  new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ output: `${stdout}\n${stderr}`.trim(), error });
    });
  });

const failureOf = (error: Error, output: string): string => {
  if ('code' in error && error.code === 'ENOENT') return 'there is no such file';
  if ('code' in error && error.code === 'EACCES') return 'it is not an executable file';
  if ('killed' in error && error.killed === true) return `it did not answer within ${timeoutMs / 1000} s`;
  return `it does not run: ${output.split('\n').at(-1) ?? error.message}`;
};

const runUnlessBusy = async (path: string, attempts = 5): Promise<{ output: string; error: Error | null }> => {
  const ran = await run(path);
  // A file just written counts as busy while any process that was forked meanwhile has not yet exec'ed.
  if (attempts === 0 || !(ran.error && 'code' in ran.error && ran.error.code === 'ETXTBSY')) return ran;
  await sleep(100);
  return runUnlessBusy(path, attempts - 1);
};

/**
 * Whether this file is a mongod that runs on this machine. Only running it tells: a binary can be there and lack a
 * shared library, or be for another processor.
 */
export const probeMongod = async (path: string): Promise<Probe> => {
  const { output, error } = await runUnlessBusy(path);
  if (error) return { failure: failureOf(error, output) };
  const version = /^db version v(\S+)/m.exec(output)?.[1];
  if (version === undefined) return { failure: 'it is not a mongod' };
  if (Number.parseInt(version, 10) < oldestMajorVersion) {
    return { failure: `it is version ${version}, and Daybook needs ${oldestMajorVersion}.0 or newer` };
  }
  return { version };
};
