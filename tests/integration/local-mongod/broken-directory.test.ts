import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../src/storage/mongo/local/free-port.ts';
import { LocalReplicaSetError } from '../../../src/storage/mongo/local/local-replica-set-error.ts';
import { commit, open, realMongod, temporaryDirectories, until } from './support.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const directories = temporaryDirectories();
let mongod = '';
let seed = '';
let foreign: ChildProcess | undefined;

beforeAll(async () => {
  mongod = await realMongod();
  seed = await directories.make();
  const replicaSet = await open(seed);
  await commit(replicaSet.uri, 1);
  await replicaSet.stop();
});
afterEach(async () => {
  if (!foreign) return;
  const exit = once(foreign, 'exit');
  foreign.kill('SIGKILL');
  await exit;
  foreign = undefined;
});
afterAll(directories.removeAll);

const copyOfSeed = async (): Promise<string> => {
  const directory = await directories.make();
  await cp(seed, directory, { recursive: true });
  return directory;
};

const refusal = async (directory: string, mongodPath?: string): Promise<LocalReplicaSetError> => {
  const error = await open(
    directory,
    mongodPath === undefined ? {} : { findMongod: () => Promise.resolve(mongodPath) },
  ).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LocalReplicaSetError)) throw new Error('It was not refused.', { cause: error });
  expect(error.message).not.toMatch(/\n|\bat .*:\d+:\d+/);
  return error;
};

/** A program that stands for a mongod, prints this, and ends. */
const printing = async (text: string): Promise<string> => {
  const path = join(await directories.make(), 'mongod');
  await writeFile(path, `#!/bin/sh\ncat <<'END'\n${text}\nEND\nexit 1\n`, { mode: 0o755 });
  return path;
};

describe('a data directory that cannot be used', () => {
  it('is locked by another mongod', async () => {
    const directory = await copyOfSeed();
    const log = join(directory, 'foreign.log');
    const args = ['--dbpath', join(directory, 'mongod'), '--logpath', log, '--bind_ip', '127.0.0.1'];
    foreign = spawn(mongod, [...args, '--port', String(await freePort()), '--nounixsocket'], { stdio: 'ignore' });
    const isUp = async (): Promise<boolean> =>
      (await readFile(log, 'utf8').catch(() => '')).includes('Waiting for connections');
    await until(isUp, 'the other mongod is up');
    const { code, message } = await refusal(directory);
    expect(code).toBe('LOCKED');
    expect(message).toContain(
      `The data directory ${directory} is locked by another mongod that is running on it. Stop that mongod, or set DAYBOOK_DATA_DIR to another directory.`,
    );
    expect(foreign.exitCode).toBe(null);
  });

  it.each([
    ['WiredTiger.wt', /^WiredTiger\.wt$/],
    ['the turtle file', /^WiredTiger\.turtle$/],
    ['the catalog', /^_mdb_catalog\.wt$/],
    ['the collections', /^collection-/],
    ['the metadata', /^storage\.bson$/],
  ])('is damaged in %s', async (_what, files) => {
    const directory = await copyOfSeed();
    const data = join(directory, 'mongod');
    for (const name of (await readdir(data)).filter((each) => files.test(each))) {
      await writeFile(join(data, name), 'garbage'.repeat(3_000));
    }
    const { code, message } = await refusal(directory);
    expect(code).toBe('DAMAGED');
    expect(message).toContain(
      `The data directory ${directory} is damaged. Restore it from a backup, or set DAYBOOK_DATA_DIR to another directory.`,
    );
  });

  it('is no directory', async () => {
    const path = join(await directories.make(), 'file');
    await writeFile(path, '');
    expect(await refusal(path)).toMatchObject({
      code: 'NOT_WRITABLE',
      message: `The data directory ${path} cannot be written. Give yourself the right to write there, or set DAYBOOK_DATA_DIR to another directory.`,
    });
  });

  it.each([
    ['OTHER_VERSION', 'was written by another version of MongoDB', 'Wrong mongod version', 'UPGRADE PROBLEM: invalid'],
    ['DISK_FULL', 'is on a disk that is full', 'WiredTiger error', '28: No space left on device'],
    ['NOT_WRITABLE', 'holds files that cannot be written', 'Error', 'IllegalOperation: Permission denied'],
  ])('is recognised by what mongod says: %s', async (code, sentence, msg, error) => {
    const directory = await directories.make();
    const fake = await printing(JSON.stringify({ s: 'F', c: 'CONTROL', id: 1, msg, attr: { error } }));
    const refused = await refusal(directory, fake);
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(`The data directory ${directory} ${sentence}`);
    expect(refused.message).toContain(`${msg}: ${error}`);
  });

  it('can be used again after a refusal', async () => {
    const directory = await directories.make();
    await mkdir(directory, { recursive: true });
    const fake = await printing('error while loading shared libraries: libcurl.so.4: cannot open shared object file');
    const { code, message } = await refusal(directory, fake);
    expect(code).toBe('CANNOT_RUN');
    expect(message).toContain('libcurl.so.4');
    const replicaSet = await open(directory);
    await replicaSet.stop();
  });
});
