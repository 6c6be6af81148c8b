import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiProcesses, startApiProcess, type ApiProcess } from '../support/api-process.ts';
import { bearer, Issuer } from '../support/credentials.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runScript } from '../support/run-script.ts';

const processes = apiProcesses();
let database: TestDatabase;

beforeEach(async () => {
  database = await openTestDatabase(inject('mongoUri'));
});
afterEach(async () => {
  await processes.killAll();
  await database.drop();
});

const environment = (rest: Record<string, string> = {}): Record<string, string> => ({
  MONGODB_URI: database.uri,
  ...rest,
});

/** Makes a key as its user would, and gives it. */
const create = async (...args: readonly string[]): Promise<string> => {
  const scopes = ['--scopes', 'accounts:read,money:write,audit:read,admin'];
  const { code, stdout, stderr } = await runScript(
    'keys',
    ['create', '--name', 'a test', ...scopes, ...args],
    environment(),
  );
  expect(code, stderr).toBe(0);
  return stdout.trim();
};

const prefixIn = (key: string): string => key.split('_')[1] ?? '';

const statusOf = async ({ client }: ApiProcess, credential?: string): Promise<number> =>
  (await client.get('/v1/accounts', credential === undefined ? {} : bearer(credential))).status;

/** What a server says that does not start. */
const refusalOf = (rest: Record<string, string>): Promise<string> => {
  return startApiProcess(environment(rest)).then(
    (started) => started.kill('SIGKILL').then(() => 'it started'),
    (reason: unknown) => String(reason),
  );
};

describe('a server that nobody has told who may do what', () => {
  it('is open to this machine, and says so loudly', async () => {
    const server = await processes.start(environment({ LOG_LEVEL: 'warn' }));
    expect(await statusOf(server)).toBe(200);
    await expect.poll(server.stderr).toContain('*** OPEN');
    expect(await processes.kill(server, 'SIGTERM')).toBe(0);
    expect(server.stdout()).toContain('whoever reaches this server may do everything');
  });

  it.each<Record<string, string>>([{ NODE_ENV: 'production' }, { HOST: '0.0.0.0' }, { HOST: '::' }])(
    'does not start where others could reach it, and says what to do: %j',
    async (rest) => {
      const said = await refusalOf(rest);
      expect(said).toContain('whoever reached this server could do everything, so it does not start');
      for (const way of ['npm run keys -- create', 'DAYBOOK_JWKS_URL', 'DAYBOOK_AUTH=required'])
        expect(said).toContain(way);
    },
  );

  it('cannot be told to be open to others', async () => {
    const said = await refusalOf({ DAYBOOK_AUTH: 'open', HOST: '0.0.0.0' });
    expect(said).toContain('DAYBOOK_AUTH: must not be open in production');
  });
});

describe('a server with keys', () => {
  it('asks for one from its next start on, also in production', async () => {
    const key = await create();
    const server = await processes.start(environment({ NODE_ENV: 'production' }));
    expect(server.stderr()).not.toContain('OPEN');
    expect([await statusOf(server), await statusOf(server, key)]).toEqual([401, 200]);
  });

  it('can start before there is one, and then takes it within two seconds', async () => {
    const server = await processes.start(environment({ DAYBOOK_AUTH: 'required', NODE_ENV: 'production' }));
    expect(await statusOf(server)).toBe(401);
    await expect.poll(server.stderr).toContain('There is no API key yet');
    const key = await create();
    expect(await statusOf(server, key)).toBe(200);
  });

  it('hears of keys that are rotated and revoked elsewhere within two seconds, and so do its workers and other servers', async () => {
    const [first, second] = [await create(), await create('--owner', 'alice', '--scopes', 'accounts:read')];
    const one = await processes.start(environment());
    const crowd = await processes.start(environment({ DAYBOOK_WORKERS: '2' }));
    const ask = (credential: string): Promise<readonly number[]> =>
      Promise.all([one, crowd, crowd, crowd, crowd].map((server) => statusOf(server, credential)));
    const [taken, refused] = [Array<number>(5).fill(200), Array<number>(5).fill(401)];
    expect(await ask(first)).toEqual(taken);
    expect(await ask(second)).toEqual(taken);
    const rotated = await runScript('keys', ['rotate', prefixIn(first)], environment());
    const revoked = await runScript('keys', ['revoke', prefixIn(second)], environment());
    expect([rotated.code, revoked.code], rotated.stderr + revoked.stderr).toEqual([0, 0]);
    await sleep(2_100);
    expect(await ask(first)).toEqual(refused);
    expect(await ask(second)).toEqual(refused);
    expect(await ask(rotated.stdout.trim())).toEqual(taken);
  });

  it('takes the tokens of an issuer beside them', async () => {
    const issuer = await Issuer.open();
    const { DAYBOOK_JWKS_FILE, DAYBOOK_JWT_ISSUER, DAYBOOK_JWT_AUDIENCE } = issuer.settings;
    const settings = { DAYBOOK_JWKS_FILE, DAYBOOK_JWT_ISSUER, DAYBOOK_JWT_AUDIENCE };
    const server = await processes.start(environment({ ...settings, NODE_ENV: 'production' }));
    expect(await statusOf(server, await issuer.token())).toBe(200);
    expect(await statusOf(server, issuer.unsigned())).toBe(401);
    expect(await statusOf(server, await create())).toBe(200);
    await issuer.close();
  });
});

describe('what a server says on its terminal and in its log', () => {
  it('names no credential and nobody’s affairs, even at trace', async () => {
    const issuer = await Issuer.open();
    const { DAYBOOK_JWKS_FILE, DAYBOOK_JWT_ISSUER, DAYBOOK_JWT_AUDIENCE } = issuer.settings;
    const [clerk, customer] = [await create(), await create('--owner', 'owner-of-alice', '--scopes', 'accounts:read')];
    const tokens = [await issuer.token({ sub: 'alice@example.com' }), issuer.unsigned({ sub: 'alice@example.com' })];
    const settings = { DAYBOOK_JWKS_FILE, DAYBOOK_JWT_ISSUER, DAYBOOK_JWT_AUDIENCE, LOG_LEVEL: 'trace' };
    const server = await processes.start(environment(settings));
    const account = { accountId: 'account-of-alice', ownerId: 'owner-of-alice', currency: 'EUR' };
    const deposit = { amount: 918_273_645, currency: 'EUR', reference: 'rent-for-may', source: 'iban-de02' };
    for (const credential of [clerk, customer, ...tokens, 'nonsense-of-alice']) {
      await server.client.post('/v1/accounts', account, bearer(credential));
      await server.client.post('/v1/accounts/account-of-alice/deposits', deposit, bearer(credential));
      for (const path of ['/v1/accounts/account-of-alice/statement', '/v1/admin/keys', '/v1/admin/access-log']) {
        await server.client.get(path, bearer(credential));
      }
    }
    const made = await server.client.post('/v1/admin/keys', { name: 'a new one', scopes: ['admin'] }, bearer(clerk));
    await processes.kill(server, 'SIGTERM');
    await issuer.close();
    const said = server.stdout() + server.stderr();
    expect(said.split('\n').length).toBeGreaterThan(25);
    const credentials = [clerk, customer, String(made.body.key), ...tokens];
    const parts = credentials.flatMap((credential) => credential.split(/[._]/)).filter((part) => part.length > 8);
    const affairs = ['of-alice', 'alice@', 'rent-for-may', 'iban-de02', '918273645', 'nonsense'];
    expect([...parts, ...affairs].filter((part) => said.includes(part))).toEqual([]);
  });
});

describe('npm run keys', () => {
  it('lists every key, and no secret', async () => {
    const keys = [await create(), await create()];
    await runScript('keys', ['revoke', prefixIn(keys[0] ?? '')], environment());
    const { stdout } = await runScript('keys', ['list'], environment());
    for (const key of keys) {
      expect(stdout).toContain(prefixIn(key));
      expect(stdout).not.toContain(key.slice(-43));
    }
    expect(stdout).toMatch(/revoked \d{4}-/);
    const { stdout: json } = await runScript('keys', ['list', '--json'], environment());
    expect(JSON.parse(json)).toHaveLength(2);
  });

  it.each([
    [['create', '--name', 'x', '--scopes', 'everything'], 'must be one of accounts:read'],
    [['create', '--name', 'x', '--scopes', 'admin', '--owner', 'alice'], 'must not have audit:read or admin'],
    [['rotate', 'nonsense'], 'must be the prefix of a key'],
    [['rotate', '0123456789ab'], 'There is no API key 0123456789ab'],
    [['revoke', '0123456789ab'], 'There is no API key 0123456789ab'],
  ])('says what is wrong: %j', async (args, sentence) => {
    const { code, stderr } = await runScript('keys', args, environment());
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(sentence) as string });
    expect(stderr).not.toContain(' at ');
  });

  it('stands in the access log with who ran it', async () => {
    const key = await create();
    const server = await processes.start(environment());
    const { body } = await server.client.get('/v1/admin/access-log', bearer(key));
    const [entry] = body.entries as readonly Record<string, unknown>[];
    expect(entry).toMatchObject({ what: 'createKey', route: 'npm run keys', about: prefixIn(key), outcome: 'done' });
    expect(entry?.actor).toMatch(/^script:./);
  });

  it('is what docker compose names for the first key', async () => {
    expect(await readFile('docker-compose.yml', 'utf8')).toContain('node dist/cli/keys.js create');
  });
});
