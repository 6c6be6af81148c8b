import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { commit, committed, Daybook, isThere, open, realMongod, temporaryDirectories, until } from './support.ts';

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

const start = (dataDirectory: string, purpose: string, attach: boolean): Daybook => {
  const daybook = Daybook.run({ dataDirectory, purpose, attach, mongod });
  started.push(daybook);
  return daybook;
};

describe('a data directory in use', () => {
  it('is refused to a second `npm start`, which is told by whom', async () => {
    const directory = await directories.make();
    const first = start(directory, 'npm start', false);
    await first.hears('open');
    const second = start(directory, 'npm start', false);
    expect((await second.hears('open', 'refused')).text).toBe(
      `The data directory ${directory} is in use by \`npm start\` (pid ${first.pid}). Stop it first, or set DAYBOOK_DATA_DIR to another directory.`,
    );
  });

  it('says so in its state file', async () => {
    const directory = await directories.make();
    const replicaSet = await open(directory);
    expect(JSON.parse(await readFile(join(directory, 'daybook.json'), 'utf8'))).toMatchObject({
      pid: process.pid,
      startTime: expect.any(String) as string,
      purpose: 'npm start',
      phase: 'ready',
      port: Number(new URL(replicaSet.uri).port),
      mongod: { pid: replicaSet.pid },
    });
    await replicaSet.stop();
  });

  it('is shared with a script, which leaves it running when it is done', async () => {
    const directory = await directories.make();
    const server = await open(directory);
    const script = start(directory, 'npm run replay', true);
    const { uri, owned, pid } = await script.hears('open');
    expect({ uri, owned, pid }).toEqual({ uri: server.uri, owned: false, pid: server.pid });
    await script.stopped();
    await commit(server.uri, 1);
    expect(await committed(server.uri)).toEqual([1]);
    await server.stop();
    expect(isThere(server.pid)).toBe(false);
  });

  it('tells an attached script when the MongoDB of the other is stopped', async () => {
    const directory = await directories.make();
    const server = await open(directory);
    const script = start(directory, 'npm run replay', true);
    await script.hears('open');
    await server.stop();
    expect((await script.hears('ended')).text).toBe(`The MongoDB of \`npm start\` (pid ${process.pid}) was stopped.`);
  });

  it('is free again when the script has been killed', async () => {
    const directory = await directories.make();
    const script = start(directory, 'npm run replay', true);
    expect((await script.hears('open')).owned).toBe(true);
    await script.kill();
    const server = await open(directory);
    await server.stop();
  });
});

describe('scripts that share the MongoDB of a script', () => {
  it('are waited for by the one that owns it', async () => {
    const directory = await directories.make();
    const owner = start(directory, 'npm run verify', true);
    const { uri, pid } = await owner.hears('open');
    const guest = start(directory, 'npm run replay', true);
    expect((await guest.hears('open')).owned).toBe(false);
    owner.stop();
    await until(() => owner.reports().length > 0, 'the owner says that it waits');
    expect(owner.reports()).toEqual([
      `Waiting for \`npm run replay\` (pid ${guest.pid}) to be done with this MongoDB.`,
    ]);
    await commit(uri, 1);
    expect(isThere(pid)).toBe(true);
    await guest.stopped();
    await owner.hears('stopped');
    expect(isThere(pid)).toBe(false);
  });

  it('are not waited for when they were killed', async () => {
    const directory = await directories.make();
    const owner = await open(directory, { attach: true, purpose: 'npm run verify' });
    const guest = start(directory, 'npm run replay', true);
    await guest.hears('open');
    await guest.kill();
    await owner.stop();
    expect(await readdir(join(directory, 'attached'))).toEqual([]);
  });
});

describe('two that start at the same instant', () => {
  it('as `npm start`: one wins, the other is refused', async () => {
    const directory = await directories.make();
    const both = [start(directory, 'npm start', false), start(directory, 'npm start', false)];
    const said = await Promise.all(both.map((daybook) => daybook.hears('open', 'refused')));
    expect(said.map(({ event }) => event).sort()).toEqual(['open', 'refused']);
    expect(said.find(({ event }) => event === 'refused')?.text).toContain('is in use by `npm start`');
  });

  it('as scripts: one starts the MongoDB, the others use it', async () => {
    const directory = await directories.make();
    const all = [1, 2, 3].map((number) => open(directory, { attach: true, purpose: `script ${number}` }));
    const replicaSets = await Promise.all(all);
    expect(replicaSets.filter(({ owned }) => owned)).toHaveLength(1);
    expect(new Set(replicaSets.map(({ pid }) => pid)).size).toBe(1);
    await Promise.all(replicaSets.map((each) => each.stop()));
  });
});

describe('what killed processes left', () => {
  it('does not count when their pid is another process now', async () => {
    const directory = await directories.make();
    const stale = { pid: process.pid, startTime: 'long ago', purpose: 'npm start' };
    await mkdir(join(directory, 'owners'));
    await writeFile(join(directory, 'owners', '7'), JSON.stringify({ ...stale, released: false }));
    await writeFile(
      join(directory, 'daybook.json'),
      JSON.stringify({ ...stale, phase: 'ready', port: 21_000, mongod: { pid: process.pid, startTime: 'long ago' } }),
    );
    const lines: string[] = [];
    const replicaSet = await open(directory, { report: (line) => lines.push(line) });
    expect(lines.filter((line) => line.includes('left behind'))).toEqual([]);
    await replicaSet.stop();
    expect(await readdir(join(directory, 'owners'))).toEqual(['8']);
  });
});
