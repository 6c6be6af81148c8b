import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './process-identity.ts';
import { probeMongod, type Probe } from './probe-mongod.ts';
import type { Environment } from './watched-child.ts';

const scratchPrefix = 'scratch-';

export const defaultCacheDirectory = (environment: Environment): string =>
  join(environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'), 'daybook');

export const cachedMongod = (cacheDirectory: string): string => join(cacheDirectory, 'mongod');

/** Downloads that were killed half-way leave their scratch directory behind; its name says whose it was. */
const sweep = async (cacheDirectory: string): Promise<void> => {
  for (const name of await readdir(cacheDirectory)) {
    const owner = Number(/^scratch-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(owner) || isRunning(owner)) continue;
    await rm(join(cacheDirectory, name), { recursive: true, force: true });
  }
};

/** Gives the work a directory of its own, on the cache's file system so that a rename out of it is atomic. */
export const withScratchDirectory = async <T>(
  cacheDirectory: string,
  work: (directory: string) => Promise<T>,
): Promise<T> => {
  await mkdir(cacheDirectory, { recursive: true });
  await sweep(cacheDirectory);
  const directory = await mkdtemp(join(cacheDirectory, `${scratchPrefix}${process.pid}-`));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** Moves a mongod that proved to run into the cache. Two processes may do so at once: the rename replaces, and both win. */
export const keepInCache = async (cacheDirectory: string, candidate: string): Promise<Probe> => {
  await chmod(candidate, 0o755);
  const probe = await probeMongod(candidate);
  if ('version' in probe) await rename(candidate, cachedMongod(cacheDirectory));
  return probe;
};
