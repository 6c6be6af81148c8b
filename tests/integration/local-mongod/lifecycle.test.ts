import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../src/storage/mongo/local/free-port.ts';
import type { LocalReplicaSetError } from '../../../src/storage/mongo/local/local-replica-set-error.ts';
import { commit, committed, isThere, open, realMongod, temporaryDirectories } from './support.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const directories = temporaryDirectories();
afterAll(directories.removeAll);
beforeAll(realMongod);

let blocker: Server | undefined;
afterEach(() => {
  blocker?.close();
  blocker = undefined;
});

const take = async (port: number): Promise<void> => {
  blocker = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(blocker, 'listening');
};

const portOf = (uri: string): number => Number(new URL(uri).port);

describe('the local replica set', () => {
  it('has transactions, and the data again at the next start', async () => {
    const directory = await directories.make();
    const first = await open(directory);
    await commit(first.uri, 1);
    await first.stop();
    expect(isThere(first.pid)).toBe(false);

    const second = await open(directory);
    await commit(second.uri, 2);
    expect(await committed(second.uri)).toEqual([1, 2]);
    expect(second.uri).toBe(first.uri);
    expect(second.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/\?replicaSet=rs0$/);
    expect(second.owned).toBe(true);
    await second.stop();
  });

  it('may be stopped twice', async () => {
    const replicaSet = await open(await directories.make());
    await Promise.all([replicaSet.stop(), replicaSet.stop()]);
    await replicaSet.stop();
    expect(isThere(replicaSet.pid)).toBe(false);
  });

  it('tells when mongod is killed, and comes back at the same address with everything committed', async () => {
    const directory = await directories.make();
    const port = await freePort();
    const first = await open(directory, { port });
    await commit(first.uri, 1);
    const ended = new Promise<LocalReplicaSetError>((resolve) => first.onUnexpectedExit(resolve));
    process.kill(first.pid, 'SIGKILL');
    expect(await ended).toMatchObject({
      code: 'ENDED',
      message: expect.stringContaining('ended from outside') as string,
    });
    await first.stop();

    const second = await open(directory, { port });
    expect(second.uri).toBe(first.uri);
    expect(await committed(second.uri)).toEqual([1]);
    await second.stop();
  });

  it('does not call a stop unexpected', async () => {
    const replicaSet = await open(await directories.make());
    const callback = vi.fn();
    replicaSet.onUnexpectedExit(callback);
    await replicaSet.stop();
    expect(callback).not.toHaveBeenCalled();
  });

  it('passes further arguments to mongod', async () => {
    const directory = await directories.make();
    const replicaSet = await open(directory, { mongodArguments: ['--setParameter', 'enableTestCommands=1'] });
    await replicaSet.stop();
    expect(await readFile(join(directory, 'mongod.log'), 'utf8')).toContain('"enableTestCommands":"1"');
  });

  it('moves to another port when its own was taken meanwhile, with its data', async () => {
    const directory = await directories.make();
    const first = await open(directory);
    await commit(first.uri, 1);
    await first.stop();
    await take(portOf(first.uri));

    const lines: string[] = [];
    const second = await open(directory, { report: (line) => lines.push(line) });
    expect(portOf(second.uri)).not.toBe(portOf(first.uri));
    expect(lines).toEqual([expect.stringContaining(`The port ${portOf(first.uri)} of the local MongoDB is taken`)]);
    await commit(second.uri, 2);
    expect(await committed(second.uri)).toEqual([1, 2]);
    await second.stop();
  });

  it('refuses a fixed port that is taken', async () => {
    const port = await freePort();
    await take(port);
    await expect(open(await directories.make(), { port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `The port ${port} is taken by another program. Stop it, or choose another port.`,
    });
  });
});
