import { createRequire } from 'node:module';
import { rename } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { cachedMongod, keepInCache } from './mongod-cache.ts';
import { probeMongod } from './probe-mongod.ts';
import { runWhileProgressing, type Ending, type Environment } from './watched-child.ts';

export type Download = { readonly path: string; readonly version: string } | { readonly failure: string };

// It runs in a process of its own: the package waits up to a minute on a silent server, has timers and a lock file that
// outlive its promise, and prints its progress. All of that ends when the process is killed.
const script = `
  process.stdin.on('end', () => process.exit(1)).resume();
  const [, packagePath, downloadDir] = process.argv;
  require(packagePath).MongoBinary.getPath({ downloadDir }).then(
    (path) => process.stdout.write('\\n' + path + '\\n', () => process.exit(0)),
    (error) => process.stderr.write(String(error.code ?? '') + ' ' + error.message.split('\\n')[0], () => process.exit(1)),
  );
`;

const require = createRequire(import.meta.url);

/** The package is a development dependency: a production install does not have it. */
const packagePath = (): string | undefined => {
  try {
    return require.resolve('mongodb-memory-server-core');
  } catch {
    return undefined;
  }
};

const failureOf = (ending: Exclude<Ending, { kind: 'done' }>, idleLimitMs: number): string => {
  if (ending.kind === 'stalled') return `the download made no progress for ${idleLimitMs / 1000} s`;
  if (ending.kind === 'missing') return 'node could not be started';
  return `the download failed: ${ending.errors.split('\n').at(-1)?.trim() ?? ''}`;
};

/** Lets mongodb-memory-server find or download a mongod, and moves what it downloaded into the project's cache. */
export const downloadWithMemoryServer = async (
  cacheDirectory: string,
  scratch: string,
  environment: Environment,
  idleLimitMs: number,
): Promise<Download> => {
  const resolved = packagePath();
  if (resolved === undefined) return { failure: 'mongodb-memory-server is not installed' };
  const ending = await runWhileProgressing({
    command: process.execPath,
    args: ['-e', script, resolved, scratch],
    environment: { MONGOMS_MAX_RETRIES: '1', ...environment },
    directory: scratch,
    idleLimitMs,
  });
  if (ending.kind !== 'done') return { failure: failureOf(ending, idleLimitMs) };
  const path = ending.output.trim().split('\n').at(-1) ?? '';
  // Its own settings can point to a binary elsewhere, which is then used where it is.
  if (!path.startsWith(scratch + sep)) return { path, ...(await probeMongod(path)) };
  const candidate = join(scratch, 'mongod');
  await rename(path, candidate);
  return { path: cachedMongod(cacheDirectory), ...(await keepInCache(cacheDirectory, candidate)) };
};
