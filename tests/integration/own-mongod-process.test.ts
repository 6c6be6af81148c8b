import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { isThere, temporaryDirectories, until } from './local-mongod/support.ts';

const directories = temporaryDirectories();

/** Programs that were started with this directory among their arguments. */
const programsOn = (directory: string): readonly string[] =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(directory));

const pidOfMongodOf = ({ stderr }: ApiProcess): number => Number(/mongod, pid (\d+)/.exec(stderr())?.[1]);

describe('a Daybook process with a mongod of its own', () => {
  const running: ApiProcess[] = [];

  const start = async (dataDirectory: string, environment: Record<string, string> = {}): Promise<ApiProcess> => {
    const process = await startApiProcess({
      MONGODB_URI: '',
      MONGOD_PATH: inject('mongodPath'),
      DAYBOOK_DATA_DIR: dataDirectory,
      ...environment,
    });
    running.push(process);
    return process;
  };

  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.kill('SIGKILL')));
  });
  afterAll(async () => {
    await directories.removeAll();
  });

  it('takes its mongod along when it is killed, and has the data at the next start', async () => {
    const dataDirectory = await directories.make();
    const first = await start(dataDirectory);
    await first.client.open({ accountId: 'kept', initialDeposit: { amount: 700 } });
    const key = { 'Idempotency-Key': 'kept-1' };
    const deposit = { amount: 300, currency: 'EUR' };
    const { text } = await first.client.post('/v1/accounts/kept/deposits', deposit, key);
    const mongod = pidOfMongodOf(first);
    expect(isThere(mongod)).toBe(true);

    await first.kill('SIGKILL');
    await until(() => !isThere(mongod), 'the mongod of the killed process is gone');

    const second = await start(dataDirectory);
    expect((await second.client.get('/v1/accounts/kept/balance')).body.ledgerBalance).toBe(1_000);
    expect((await second.client.post('/v1/accounts/kept/deposits', deposit, key)).text).toBe(text);
    expect(await second.kill('SIGTERM')).toBe(0);
    expect(isThere(pidOfMongodOf(second))).toBe(false);
  });

  it('refuses a directory that another one is using, naming it, and leaves that one alone', async () => {
    const dataDirectory = await directories.make();
    const first = await start(dataDirectory);
    await expect(start(dataDirectory)).rejects.toThrow(
      new RegExp(`API ended with 1: [^]*in use by \`npm start\` \\(pid ${first.pid}\\)\\. Stop it first`),
    );
    await first.client.open({ accountId: 'undisturbed' });
    expect((await first.client.get('/health')).status).toBe(200);
  });

  it('says which port is taken, and leaves no mongod behind', async () => {
    const dataDirectory = await directories.make();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    try {
      await expect(start(dataDirectory, { PORT: String(port) })).rejects.toThrow(
        new RegExp(
          `API ended with 1: [^]*127\\.0\\.0\\.1:${port} is in use by another program\\. Stop it, or set PORT`,
        ),
      );
    } finally {
      squatter.close();
    }
    expect(programsOn(dataDirectory)).toEqual([]);
  });

  it('lists every setting that cannot be used, and begins nothing', async () => {
    const dataDirectory = await directories.make();
    const bad = {
      PORT: 'web',
      LOG_LEVEL: 'loud',
      DAYBOOK_QUEUE_LIMIT: '0',
      DAYBOOK_QUEUE_LIMITS: '10',
      MONGODB_URI: 'postgres://somewhere',
    };
    const refusal = await start(dataDirectory, bad).catch((error: unknown) => String(error));
    expect(refusal).toContain('API ended with 1: These settings cannot be used:');
    for (const name of Object.keys(bad)) expect(refusal).toMatch(new RegExp(`^  ${name}: `, 'm'));
    expect(refusal).not.toContain('    at ');
    expect(programsOn(dataDirectory)).toEqual([]);
  });
});
