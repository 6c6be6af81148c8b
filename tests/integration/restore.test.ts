import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { systemClock } from '../../src/compose.ts';
import { verifierKeyOf } from '../../src/journal/signed-note.ts';
import { countEvents } from '../../src/ledger-file/cut.ts';
import { ledgerOver } from '../contract/fixture.ts';
import type { Reply } from '../support/api.ts';
import { type ApiProcess, apiProcesses, startApiProcess } from '../support/api-process.ts';
import { fillBooks } from '../support/books-to-verify.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { Load } from '../support/load.ts';
import { commandOf, depositMoney } from '../support/commands.ts';
import { accountOpenedAtSchemaVersion1, newEventId } from '../support/recorded-events.ts';
import { beginSigned, signedFileOf } from '../support/signed-file.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
import { newSigner } from '../support/sealers.ts';
import { openBooks } from '../support/small-books.ts';
import { countsOf, differencesOf } from '../support/stored-documents.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const JOURNAL = 'test';

const collections = [
  'accounts',
  'events',
  'holds',
  'idempotency_keys',
  'journal',
  'journal_tiles',
  'statement_entries',
  'transaction_ids',
  'transfers',
];

const first = { ownerId: 'owner', currency: 'EUR', accountId: 'over-http', initialDeposit: { amount: 500 } };
const later = { amount: 1, currency: 'EUR', transactionId: 'later' };

/** More events than are restored with one transaction. */
const manyDeposits = Array.from({ length: 1_000 }, (_, index) => ({
  type: 'DepositMoney',
  idempotencyKey: `deposit-${index}`,
  accountId: 'over-http',
  amount: 1,
  currency: 'EUR',
}));

const origin = { route: 'a test', from: 'local' };

/** A deposit that two principals had to want. It was proposed without a key: what a proposal answered is not of the ledger. */
const depositByTwo = async (storage: Storage): Promise<void> => {
  const daybook = ledgerOver(storage, {}, { DAYBOOK_APPROVAL_ABOVE: new Map([['EUR', 0n]]) });
  const { wish, envelope } = commandOf(depositMoney('over-http', 5n));
  const { idempotency, ...proposal } = { ...envelope, actor: 'key:maker', proposable: origin };
  const { answer } = await daybook.ledger.submit({ wish, envelope: proposal });
  const approves = { ...origin, proposalId: answer.location?.split('/').at(-1) ?? '' };
  const eventIds = [newEventId(), newEventId()] as const;
  const approval = { ...envelope, ...(idempotency && { idempotency }), actor: 'key:checker', approves, eventIds };
  expect((await daybook.ledger.submit({ wish, envelope: approval })).answer.status).toBe(201);
  await daybook.drain();
};

describe('npm run export and npm run restore', { timeout: 300_000 }, () => {
  let directory: string;
  let file: string;
  let signingKey: string;
  let key: string;
  let source: TestDatabase;
  let target: TestDatabase;
  let answer: Reply;
  const { kill, killAll, ...processes } = apiProcesses();

  const environment = (database: TestDatabase, signingKeyFile = signingKey): Record<string, string> => ({
    MONGODB_URI: database.uri,
    DAYBOOK_SIGNING_KEY_FILE: signingKeyFile,
    DAYBOOK_SIGNED_CHECKPOINT_FILE: signedFileOf({ MONGODB_URI: database.uri }),
    DAYBOOK_JOURNAL_NAME: JOURNAL,
  });

  const serve = (database: TestDatabase, signingKeyFile?: string): Promise<ApiProcess> =>
    processes.start(environment(database, signingKeyFile));

  const stop = (api: ApiProcess): Promise<number | null> => kill(api, 'SIGTERM');

  const run = (name: 'export' | 'restore' | 'verify', args: readonly string[], database: TestDatabase) =>
    runScript(name, args, environment(database));

  const restore = (from = file, ...args: readonly string[]): Promise<ScriptResult> =>
    run('restore', [from, '--key', key, ...args], target);

  const untilSealed = async ({ storage }: TestDatabase): Promise<void> => {
    const isSealed = async (): Promise<boolean> =>
      (await storage.journal.head())?.treeSize === (await countEvents(storage));
    await vi.waitUntil(isSealed, { timeout: 60_000, interval: 100 });
  };

  const put = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };

  /** A ledger with everything that a ledger can have, partly recorded by a real API, whose answer to the first command is kept. */
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-restore-'));
    file = join(directory, 'ledger.gz');
    const signer = newSigner();
    key = verifierKeyOf(signer);
    signingKey = await put('key.pem', signer.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    source = await openTestDatabase();
    const api = await serve(source);
    answer = await api.client.post('/v1/accounts', first, { 'Idempotency-Key': 'first' });
    await api.client.post('/v1/batches', { mode: 'independent', commands: manyDeposits });
    await openBooks(source.storage, ['e', 'f', 'g', 'h']);
    await fillBooks(source.storage, { clock: systemClock });
    await depositByTwo(source.storage);
    const old = { ...accountOpenedAtSchemaVersion1('old'), recordedAt: systemClock.now() };
    await source.storage.transactionally((work) => source.storage.events.append(work, [old]));
    await runScript('rebuild', ['--switch'], environment(source));
    await untilSealed(source);
    await stop(api);
    const exported = await run('export', [file], source);
    expect(exported).toEqual({
      code: 0,
      stdout: expect.stringContaining(`signed by ${key}`) as string,
      stderr: expect.any(String) as string,
    });
    // Nobody else on the machine may read it.
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  beforeEach(async () => {
    target = await openTestDatabase();
  });
  afterEach(async () => {
    await killAll();
    await target.drop();
  });
  afterAll(async () => {
    await source.drop();
    await rm(directory, { recursive: true });
  });

  it('brings every document back as it was, byte for byte', async () => {
    const { code, stdout } = await restore();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d{3,} events in \d+ blocks are restored, as test was/) as string,
    });
    const counts = await countsOf(source);
    expect(Object.keys(counts)).toEqual(collections);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
    expect(await differencesOf(source, target)).toEqual([]);
    const byTwo = (await target.storage.table(idempotencyKeysTable).range({ order: ['_id'] })).map(({ _id }) => _id);
    expect(byTwo).toContainEqual(expect.stringMatching(/^key:checker /));
    expect((await run('verify', ['--key', key], target)).stdout).toMatch(
      /^All is well: .* 0 events wait to be sealed\.\n$/,
    );
  });

  it('gives a ledger that goes on: first answers are given again, and sealing goes on, with the same key', async () => {
    expect((await restore()).code).toBe(0);
    const before = await target.storage.journal.head();
    // As the README says: the key has signed that, and nobody but whoever runs this says that it is where signing goes on.
    const saved = await run('verify', ['--save', signedFileOf({ MONGODB_URI: target.uri })], target);
    expect(saved).toMatchObject({ code: 0, stdout: expect.stringMatching(/^All is well/) as string });
    const api = await serve(target);
    const again = await api.client.post('/v1/accounts', first, { 'Idempotency-Key': 'first' });
    expect({ status: again.status, text: again.text, replayed: again.headers.get('idempotency-replayed') }).toEqual({
      status: 201,
      text: answer.text,
      replayed: 'true',
    });
    const used = await api.client.post('/v1/accounts/over-http/deposits', { ...later, transactionId: 'transaction-1' });
    expect(used.body.code).toBe('TRANSACTION_ALREADY_RECORDED');
    expect((await api.client.post('/v1/accounts/over-http/deposits', later)).status).toBe(201);
    await untilSealed(target);
    await stop(api);
    const head = await target.storage.journal.head();
    expect(head).toMatchObject({ number: (before?.number ?? 0) + 1, treeSize: (before?.treeSize ?? 0) + 1 });
    // Behind the token of this database, and not by a recovery, whose blocks have none.
    expect(head?.resumeToken).toBeDefined();
    expect((await run('verify', ['--key', key], target)).code).toBe(0);
  });

  it('gives a ledger that goes on with what was signed last where it came from, and seals nothing twice', async () => {
    expect((await restore()).code).toBe(0);
    await copyFile(signedFileOf({ MONGODB_URI: source.uri }), signedFileOf({ MONGODB_URI: target.uri }));
    const before = (await target.storage.journal.head())?.treeSize ?? 0;
    const api = await serve(target);
    expect((await api.client.post('/v1/accounts/over-http/deposits', later)).status).toBe(201);
    await untilSealed(target);
    await stop(api);
    expect((await target.storage.journal.head())?.treeSize).toBe(before + 1);
    expect((await run('verify', [], target)).stdout).toMatch(/^All is well/);
  });

  it('gives a ledger whose journal goes on with another key', async () => {
    expect((await restore()).code).toBe(0);
    const other = newSigner();
    const otherFile = await put('other.pem', other.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const api = await serve(target, otherFile);
    expect((await api.client.post('/v1/accounts/over-http/deposits', later)).status).toBe(201);
    await untilSealed(target);
    await stop(api);
    const both = ['--key', key, '--key', verifierKeyOf(other)];
    expect((await run('verify', both, target)).stdout).toMatch(/^All is well/);
    expect((await run('verify', ['--key', key], target)).code).toBe(1);
    const again = join(directory, 'two-keys');
    expect((await runScript('export', [again], environment(target, otherFile))).code).toBe(0);
    const third = await openTestDatabase();
    expect((await run('restore', [again, '--key', key], third)).stderr).toContain('it is signed by test+');
    expect((await run('restore', [again, ...both], third)).code).toBe(0);
    expect(await differencesOf(target, third)).toEqual([]);
    await third.drop();
  });

  it('takes a file that is not packed, from standard input, and says loudly that no key was given', async () => {
    const { code, stdout } = await run('export', ['-'], source);
    expect(code).toBe(0);
    const plain = await put('plain', stdout);
    const restored = await run('restore', [plain, '--json'], target);
    expect(restored.stderr).toContain('*** NO --key WAS GIVEN');
    expect(JSON.parse(restored.stdout)).toMatchObject({ journal: JOURNAL, verifierKeys: [key], isKeyGiven: false });
    expect(await differencesOf(source, target)).toEqual([]);
  });

  it('refuses a file that was changed, cut or added to, naming the line, and leaves the database empty', async () => {
    const text = gunzipSync(await readFile(file)).toString();
    const lines = text.split('\n');
    const at = 300;
    const event = lines.findIndex((line, index) => index > at && line.startsWith('{"data":{"amount":'));
    const altered = lines.with(event, (lines[event] ?? '').replace('"amount":', '"amount":1')).join('\n');
    const packed = await readFile(file);
    const refused: readonly [content: string | Buffer, said: string][] = [
      [gzipSync(altered), `line ${event + 1}: is not the event that was sealed at this position`],
      [lines.toSpliced(event, 1).join('\n'), `line ${event + 1}: is not `],
      [`${text}{"data":{}}\n`, `line ${lines.length}: stands behind the end of the ledger`],
      [packed.subarray(0, packed.length / 2), 'cannot be unpacked: the file was cut or is damaged'],
      [Buffer.concat([packed, Buffer.from('more')]), 'cannot be unpacked'],
      [Buffer.from(packed).fill('x', packed.length - 400, packed.length - 390), 'line '],
      [text.slice(0, text.length / 2), 'has no end: the file was cut'],
      ['', 'line 1: is not there'],
    ];
    for (const [content, said] of refused) {
      const { code, stderr } = await restore(await put('refused', content));
      expect({ said, code, stderr }).toEqual({ said, code: 1, stderr: expect.stringContaining(said) as string });
    }
    expect((await restore()).code).toBe(0);
    expect(await differencesOf(source, target)).toEqual([]);
  });

  it('refuses a database that has a ledger, and one that is served', async () => {
    expect(await run('restore', [file, '--key', key], source)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The database has a ledger: there is something in ') as string,
    });
    await serve(target);
    expect(await restore()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('A Daybook serves this database') as string,
    });
    expect((await restore(join(directory, 'nowhere'))).code).toBe(2);
    const withoutKey = await run('restore', [file, '--key', 'BAD'], target);
    expect(withoutKey).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^The key cannot be used: [^\n]+\n$/) as string,
    });
  });

  /** A restore of half of the file, which waits for the other half, once something of it is in the database. */
  const restoreHalf = async (): Promise<ReturnType<typeof spawn>> => {
    const text = gunzipSync(await readFile(file));
    const child = spawn(process.execPath, ['dist/cli/restore.js', '-', '--key', key], {
      env: { ...process.env, ...environment(target) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // More than a thousand events, which are written together.
    child.stdin.write(text.subarray(0, text.length * 0.98));
    await expect.poll(async () => (await target.storage.journal.head()) !== undefined, { timeout: 60_000 }).toBe(true);
    return child;
  };

  it('leaves a database that nobody takes for a ledger where it is killed, and begins anew', async () => {
    const child = await restoreHalf();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const sentence = 'is not whole: nothing in it may be used';
    await expect(startApiProcess(environment(target))).rejects.toThrow(sentence);
    for (const script of ['export', 'verify', 'rebuild'] as const) {
      const args = script === 'export' ? [join(directory, 'half')] : [];
      const { code, stderr } = await runScript(script, args, environment(target));
      expect({ script, code, stderr }).toEqual({
        script,
        code: script === 'rebuild' ? 1 : 2,
        stderr: expect.stringContaining(sentence) as string,
      });
    }
    expect((await restore()).code).toBe(0);
    expect(await differencesOf(source, target)).toEqual([]);
  });

  it('lets nobody serve the database meanwhile', async () => {
    const child = await restoreHalf();
    await expect(startApiProcess(environment(target))).rejects.toThrow('npm run restore');
    expect(await restore()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('A Daybook serves this database') as string,
    });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });

  it('exports whole requests while the API writes, and what was acknowledged before is in it', async () => {
    const busy = await openTestDatabase();
    const api = await serve(busy);
    const accounts = Array.from({ length: 50 }, (_, index) => `account-${index}`);
    await Promise.all(accounts.map((accountId) => api.client.open({ accountId, initialDeposit: { amount: 1_000 } })));
    const load = new Load([api.client], accounts, 32);
    await load.progress(200);
    for (const name of ['busy-1.gz', 'busy-2.gz']) {
      const acknowledged = load.acknowledged;
      const exported = await run('export', [join(directory, name), '--json'], busy);
      expect(exported.code).toBe(0);
      const { events } = JSON.parse(exported.stdout) as { events: number };
      expect(events).toBeGreaterThanOrEqual(acknowledged + 2 * accounts.length);
    }
    await load.stop();
    await stop(api);
    expect((await restore(join(directory, 'busy-2.gz'))).code).toBe(0);
    const { faults, events } = await verifyLedger(target.storage);
    expect(faults).toEqual([]);
    expect(events.length).toBeGreaterThan(200);
    expect((await run('verify', ['--key', key], target)).code).toBe(0);
    await busy.drop();
  });

  it('leaves no file behind when it is stopped', async () => {
    const stopped = join(directory, 'stopped.gz');
    const child = spawn(process.execPath, ['dist/cli/export.js', stopped], {
      env: { ...process.env, ...environment(source) },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    while (!existsSync(`${stopped}.partial`) && child.exitCode === null) await sleep(1);
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect([existsSync(stopped), existsSync(`${stopped}.partial`)]).toEqual([false, false]);
  });

  it('says how many events are not sealed, waits for a bounded time, and exports what is', async () => {
    await source.storage.transactionally((work) =>
      source.storage.events.append(work, [accountOpenedAtSchemaVersion1('unsealed')]),
    );
    const { code, stdout, stderr } = await run('export', [join(directory, 'waited.gz'), '--wait', '1'], source);
    expect(code).toBe(0);
    expect(stderr).toContain('1 events are recorded and not sealed yet: waiting for the sealer, 1 seconds at most');
    expect(stdout).toContain('events are not in it');
    const empty = await run('export', [join(directory, 'empty.gz'), '--wait', '0'], target);
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing is sealed') as string });
    expect(existsSync(join(directory, 'empty.gz'))).toBe(false);
  });

  it('exports nothing that goes on behind what was signed here', async () => {
    expect((await restore()).code).toBe(0);
    let first: string | undefined;
    for await (const { checkpoint } of target.storage.journal.from(1)) first ??= checkpoint;
    await writeFile(signedFileOf({ MONGODB_URI: target.uri }), first ?? '');
    const forged = join(directory, 'forged.gz');
    const { code, stderr } = await run('export', [forged], target);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('is not one that was signed here') as string,
    });
    expect(existsSync(forged)).toBe(false);
  });

  it('exports nothing of a ledger that is damaged', async () => {
    expect((await restore()).code).toBe(0);
    const events = target.connection.getClient().db(target.connection.name).collection('events');
    await events.updateOne({ streamId: 'account-a', version: 7 }, { $set: { 'data.reference': 'forged' } });
    await beginSigned(signedFileOf({ MONGODB_URI: target.uri }));
    const damaged = join(directory, 'damaged.gz');
    const { code, stderr } = await run('export', [damaged], target);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('is not the event that was sealed') as string,
    });
    expect([existsSync(damaged), existsSync(`${damaged}.partial`)]).toEqual([false, false]);
  });
});
