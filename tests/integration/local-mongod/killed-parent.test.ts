import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  commit,
  committed,
  Daybook,
  isThere,
  open,
  parentOf,
  realMongod,
  temporaryDirectories,
  until,
} from './support.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const directories = temporaryDirectories();
const started: Daybook[] = [];
let mongod = '';

beforeAll(async () => {
  mongod = await realMongod();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((daybook) => daybook.kill()));
});
afterAll(directories.removeAll);

const start = (dataDirectory: string): Daybook => {
  const daybook = Daybook.run({ dataDirectory, purpose: 'npm start', attach: false, mongod });
  started.push(daybook);
  return daybook;
};

const hasWatchingKeeper = (pid: number): boolean =>
  spawnSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    .stdout.split('\n')
    .some((line) => line.trim().endsWith(`daybook-keeper 15 ${pid}`));

describe('a Daybook that is killed', () => {
  it('leaves no mongod and no keeper behind, and loses nothing', async () => {
    const directory = await directories.make();
    const daybook = start(directory);
    const { uri, pid } = await daybook.hears('open');
    const keeper = parentOf(pid);
    await commit(uri, 1);
    await daybook.kill();
    await until(() => !isThere(pid) && !isThere(keeper), 'mongod and its keeper are gone');

    const next = await open(directory);
    expect(await committed(next.uri)).toEqual([1]);
    await next.stop();
  });

  it('can be started again at once, while its mongod is still ending', async () => {
    const directory = await directories.make();
    const daybook = start(directory);
    const { uri, pid } = await daybook.hears('open');
    await commit(uri, 1);
    await daybook.kill();

    const next = await open(directory);
    expect(isThere(pid)).toBe(false);
    expect(next.uri).toBe(uri);
    expect(await committed(next.uri)).toEqual([1]);
    await next.stop();
  });

  it('can be started again after everything was killed at once', async () => {
    const directory = await directories.make();
    const daybook = start(directory);
    const { uri, pid } = await daybook.hears('open');
    await commit(uri, 1);
    process.kill(parentOf(pid), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await daybook.kill();

    const next = await open(directory);
    expect(await committed(next.uri)).toEqual([1]);
    await next.stop();
  });

  it('leaves a mongod that the next start ends, when its keeper was killed in the same moment', async () => {
    const directory = await directories.make();
    const daybook = start(directory);
    const { uri, pid } = await daybook.hears('open');
    await commit(uri, 1);
    const keeper = parentOf(pid);
    // Stopped first, so that it cannot replace its keeper.
    process.kill(daybook.pid, 'SIGSTOP');
    process.kill(keeper, 'SIGKILL');
    await daybook.kill();
    await until(() => !isThere(keeper), 'the keeper is gone');
    expect(isThere(pid)).toBe(true);

    const lines: string[] = [];
    const next = await open(directory, { report: (line) => lines.push(line) });
    expect(lines).toEqual([`Stopping the mongod (pid ${pid}) that a killed Daybook left behind.`]);
    expect(isThere(pid)).toBe(false);
    expect(await committed(next.uri)).toEqual([1]);
    await next.stop();
  });

  it('leaves no mongod behind when its first keeper was killed earlier', async () => {
    const daybook = start(await directories.make());
    const { uri, pid } = await daybook.hears('open');
    const keeper = parentOf(pid);
    process.kill(keeper, 'SIGKILL');
    await until(() => !isThere(keeper), 'the keeper is gone');
    await commit(uri, 1);
    expect(daybook.has('ended')).toBe(false);
    // The new keeper is started by an event of the first one's end.
    await until(() => hasWatchingKeeper(pid), 'there is a new keeper');
    await daybook.kill();
    await until(() => !isThere(pid), 'mongod is gone');
  });
});

describe('a Daybook whose keeper is killed', () => {
  it('still shuts mongod down cleanly', async () => {
    const directory = await directories.make();
    const daybook = start(directory);
    const { pid } = await daybook.hears('open');
    process.kill(parentOf(pid), 'SIGKILL');
    await daybook.stopped();
    expect(daybook.has('stopped')).toBe(true);
    expect(isThere(pid)).toBe(false);
    expect(await readFile(join(directory, 'mongod.log'), 'utf8')).toContain('"Shutting down","attr":{"exitCode":0}');
  });
});

describe('Ctrl-C', () => {
  it('does not reach mongod, which goes on until it is stopped', async () => {
    const daybook = start(await directories.make());
    const { uri, pid } = await daybook.hears('open');
    process.kill(-daybook.pid, 'SIGINT');
    await daybook.hears('interrupted');
    await commit(uri, 1);
    expect(await committed(uri)).toEqual([1]);
    expect(isThere(pid)).toBe(true);
    await daybook.stopped();
    expect(isThere(pid)).toBe(false);
  });
});
