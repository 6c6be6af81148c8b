import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMITTER, leasesTable, NOBODY } from '../../src/committer/lease.ts';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import type { ApiClient } from '../support/api.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { beginSigned, signedFileOf } from '../support/signed-file.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { isOpen, Load } from '../support/load.ts';
import { brokenPromises } from '../support/load-effects.ts';
import { isThere, until } from './local-mongod/support.ts';

const accounts = Array.from({ length: 8 }, (_, index) => `account-${index}`);

const columnOf = (column: string, ...which: readonly string[]): readonly string[] =>
  spawnSync('ps', ['-o', `${column}=`, ...which], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const childrenOf = (pid: number): readonly number[] => columnOf('pid', '--ppid', String(pid)).map(Number);

/** Seconds of processor time that it has used so far. */
const usedBy = (pid: number): number => Number(columnOf('times', '-p', String(pid))[0]);

describe('DAYBOOK_WORKERS=2', () => {
  let database: TestDatabase;
  let api: ApiProcess | undefined;
  const environment = { DAYBOOK_WORKERS: '2' };

  const start = async (): Promise<ApiProcess> => {
    api = await startApiProcess({ ...environment, MONGODB_URI: database.uri });
    for (const accountId of accounts) await api.client.open({ accountId, initialDeposit: { amount: 40 } });
    return api;
  };

  const loadOn = (client: ApiClient, senders = 16): Load => new Load([client], accounts, senders);

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    if (api && isThere(api.pid)) await api.kill('SIGKILL');
    await database.drop();
  });

  it('serves on one port, and both of them work', async () => {
    const { pid, client } = await start();
    const workers = childrenOf(pid);
    expect(workers).toHaveLength(2);
    const before = workers.map(usedBy);
    const load = loadOn(client);
    await until(() => workers.every((worker, index) => usedBy(worker) > (before[index] ?? 0)), 'both have worked');
    const sent = await load.stop();
    expect(sent.filter(isOpen)).toEqual([]);
    expect(await brokenPromises(database.storage, client, sent)).toEqual([]);
  });

  it('one that is killed is replaced, and the other serves on', async () => {
    const { pid, client, stderr } = await start();
    const [killed = 0, other = 0] = childrenOf(pid);
    const load = loadOn(client);
    await load.progress(100);
    process.kill(killed, 'SIGKILL');
    await load.progress(100);
    await until(() => childrenOf(pid).length === 2 && !childrenOf(pid).includes(killed), 'another has begun');
    expect(childrenOf(pid)).toContain(other);
    expect(stderr()).toContain('A worker ended (SIGKILL); starting another.');
    await load.progress(200);
    const sent = await load.stop();
    // Only those that the killed one had before it, and they got no answer at all.
    const open = sent.filter(isOpen);
    expect(open.length).toBeLessThan(17);
    expect(open.filter(({ reply }) => reply !== undefined)).toEqual([]);
    expect(await brokenPromises(database.storage, client, sent)).toEqual([]);
  });

  it('SIGTERM lets every accepted request end, and all end with it in time', async () => {
    const process = await start();
    const workers = childrenOf(process.pid);
    const load = loadOn(process.client, 24);
    await load.progress(200);
    const asked = performance.now();
    expect(await process.kill('SIGTERM')).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    const sent = await load.stop();
    expect(workers.filter(isThere)).toEqual([]);
    expect(process.stderr()).toContain('Stopped.');
    expect(process.stderr()).not.toContain('starting another');
    for (const { reply } of sent.filter(isOpen)) expect([undefined, 'UNAVAILABLE']).toContain(reply?.body.code);
    api = await startApiProcess({ ...environment, MONGODB_URI: database.uri });
    expect(await brokenPromises(database.storage, api.client, sent)).toEqual([]);
  });

  it('Ctrl-C in a terminal, which reaches all of them, does the same', async () => {
    const process = await start();
    const workers = childrenOf(process.pid);
    const load = loadOn(process.client);
    await load.progress(100);
    for (const worker of workers) globalThis.process.kill(worker, 'SIGINT');
    expect(await process.kill('SIGINT')).toBe(0);
    const sent = await load.stop();
    expect(workers.filter(isThere)).toEqual([]);
    for (const { reply } of sent.filter(isOpen)) expect([undefined, 'UNAVAILABLE']).toContain(reply?.body.code);
  });

  it('no worker outlives the process that started it', async () => {
    const process = await start();
    const workers = childrenOf(process.pid);
    await process.kill('SIGKILL');
    await until(() => workers.every((pid) => !isThere(pid)), 'the workers have ended');
  });

  it('a parent that is stopped for six seconds is called again when it is back', { timeout: 90_000 }, async () => {
    const process = await start();
    const load = loadOn(process.client);
    await load.progress(100);
    process.signal('SIGSTOP');
    await sleep(6_000);
    process.signal('SIGCONT');
    await load.progress(300);
    const sent = await load.stop();
    for (const { reply } of sent.filter(isOpen)) expect(['OUTCOME_UNKNOWN', 'UNAVAILABLE']).toContain(reply?.body.code);
    expect(await brokenPromises(database.storage, process.client, sent)).toEqual([]);
  });

  describe('says in a sentence, and ends with exit code 1,', () => {
    const run = async (settings: Record<string, string>): Promise<string> => {
      const signed = { DAYBOOK_SIGNED_CHECKPOINT_FILE: signedFileOf(settings) };
      await beginSigned(signed.DAYBOOK_SIGNED_CHECKPOINT_FILE);
      const child = spawn(process.execPath, ['dist/main.js'], {
        env: { ...process.env, ...environment, LOG_LEVEL: 'error', PORT: '0', ...signed, ...settings },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(1);
      expect(said).not.toContain('    at ');
      return said;
    };

    it('that the port is taken, once', async () => {
      const port = await freePort();
      const server = createServer().listen(port, '127.0.0.1');
      const said = await run({ MONGODB_URI: database.uri, PORT: String(port) });
      expect(said.match(/is in use by another program/g)).toHaveLength(1);
      expect(said).not.toContain('starting another');
      server.close();
      // What was agreed with others is given back.
      expect((await database.storage.table(leasesTable).get(COMMITTER))?.holder).toBe(NOBODY);
    });

    it('that memory cannot be shared', async () => {
      const said = await run({ DAYBOOK_STORAGE: 'memory' });
      expect(said).toContain('DAYBOOK_WORKERS: must be 0 where DAYBOOK_STORAGE is memory');
    });

    it('that others cannot reach it there', async () => {
      const said = await run({ MONGODB_URI: database.uri, DAYBOOK_PEER_HOST: '192.0.2.1' });
      expect(said).toContain('192.0.2.1 is not an address of this machine. Set DAYBOOK_PEER_HOST to one that is.');
    });
  });
});
