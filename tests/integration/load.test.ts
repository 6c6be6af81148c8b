import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Breach } from '../../src/load/breaches.ts';
import type { Report } from '../../src/load/report.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Doctor,
  type DoctoringProxy,
  inventedReceipt,
  onlyThe,
  type ProxiedReply,
  type ProxiedRequest,
  startDoctoringProxy,
} from '../support/doctoring-proxy.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';

const isDeposit = ({ path }: ProxiedRequest): boolean => path.endsWith('/deposits');
const isTransfer = ({ method, path }: ProxiedRequest): boolean => method === 'POST' && path === '/v1/transfers';
const isMoney = (request: ProxiedRequest): boolean => request.method === 'POST' && request.path !== '/v1/accounts';

type Listing = { events: Record<string, unknown>[]; nextCursor?: string };

/** Changes the first listing of events that has more than three of them. */
const doctoredListing = (change: (listing: Listing) => void): Doctor => {
  let isDone = false;
  return async (request, forward) => {
    const reply = await forward(request);
    if (isDone || !request.path.includes('/events?')) return reply;
    const listing = JSON.parse(reply.body) as Listing;
    if (listing.events.length < 4) return reply;
    isDone = true;
    change(listing);
    return { ...reply, body: JSON.stringify(listing) };
  };
};

describe('npm run load', () => {
  let database: TestDatabase;
  let api: ApiProcess;
  let proxy: DoctoringProxy | undefined;

  beforeAll(async () => {
    database = await openTestDatabase();
    api = await startApiProcess({ MONGODB_URI: database.uri });
  });

  afterAll(async () => {
    await api.kill('SIGTERM');
    await database.drop();
  });

  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  const load = (url: string, ...args: string[]): Promise<ScriptResult> =>
    runScript('load', ['--url', url, '--accounts', '10', '--duration', '1500ms', '--workers', '8', ...args], {});

  const through = async (doctor: Doctor, ...args: string[]): Promise<ScriptResult & { readonly report: Report }> => {
    proxy = await startDoctoringProxy(api.client.url, doctor);
    const result = await load(proxy.url, '--json', '--read-ratio', '0', '--retry-for', '5s', ...args);
    return { ...result, report: JSON.parse(result.stdout) as Report };
  };

  const found = ({ report }: { readonly report: Report }, kind: Breach['kind']): readonly Breach[] =>
    report.check.named.filter((breach) => breach.kind === kind);

  it('finds the books of a sound ledger right', async () => {
    const result = await load(api.client.url);
    expect(result.stdout).toContain('The books are right');
    expect(result.stdout).toMatch(/transfer +\d/);
    expect(result.code).toBe(0);
  });

  it('keeps to the schedule of an open loop, with every account hot', async () => {
    const args = ['--accounts', '3', '--rate', '100', '--duration', '2s', '--seed', '5', '--hot-account-ratio', '1'];
    const result = await runScript('load', ['--url', api.client.url, '--json', ...args], {});
    const report = JSON.parse(result.stdout) as Report;
    expect(result.code).toBe(0);
    expect(report).toMatchObject({ isSound: true, run: { seed: 5, hotAccounts: 3 }, commands: { unknown: 0 } });
    expect(report.requests + (report.schedule?.unsent ?? 0)).toBe(200);
    expect(report.check).toMatchObject({ breaches: 0, accounts: 3 });
    expect(report.check.total).toBe(report.check.totalAtLeast);
  });

  it('allows for refusals, and for accounts without money', async () => {
    const result = await load(api.client.url, '--initial-deposit', '0', '--json');
    const report = JSON.parse(result.stdout) as Report;
    expect(report.answers['422 INSUFFICIENT_FUNDS']).toBeGreaterThan(0);
    expect(result.code).toBe(0);
  });

  it('sends the API key, also behind a path', async () => {
    const keys = new Set<string | undefined>();
    proxy = await startDoctoringProxy(api.client.url, (request, forward) => {
      keys.add(request.headers.authorization);
      return forward({ ...request, path: request.path.replace(/^\/ledger/, '') });
    });
    const result = await load(`${proxy.url}/ledger/`, '--api-key', 'k-1');
    expect(result.code).toBe(0);
    expect([...keys]).toEqual(['Bearer k-1']);
    expect(result.stdout + result.stderr).not.toContain('k-1');
  });

  it('sends what got no answer again under its key: nothing is doubled, and all is known in the end', async () => {
    let count = 0;
    const result = await through(async (request, forward) => {
      if (!isMoney(request)) return forward(request);
      count += 1;
      const fate = count % 7;
      if (fate === 0) return undefined;
      const reply = await forward(request);
      // Done, but the client never hears of it.
      return fate === 1 ? undefined : reply;
    });
    expect(result.report).toMatchObject({ isSound: true, commands: { unknown: 0 }, check: { breaches: 0 } });
    expect(result.report.retries).toBeGreaterThan(0);
    expect(result.report.replays).toBeGreaterThan(0);
    expect(result.report.answers.closed).toBeGreaterThan(0);
    expect(result.code).toBe(0);
  });

  it('allows for commands whose outcome nobody ever tells, whether they happened or not', async () => {
    const lost = new Set<string>();
    let count = 0;
    const result = await through(
      async (request, forward) => {
        const key = request.headers['idempotency-key'] ?? '';
        if (!isMoney(request)) return forward(request);
        count += 1;
        if (count % 20 === 0) lost.add(key);
        if (!lost.has(key)) return forward(request);
        if (count % 40 === 0) await forward(request);
        return undefined;
      },
      '--retry-for',
      '100ms',
    );
    expect(result.report.commands.unknown).toBeGreaterThan(0);
    expect(result.report.check.unknownFound).toBeGreaterThan(0);
    expect(result.report.check.totalAtLeast).not.toBe(result.report.check.totalAtMost);
    expect(result.report.check.named).toEqual([]);
    expect(result.code).toBe(0);
  });

  it('names a command that was acknowledged and never carried out', async () => {
    let lost: { key: string | undefined; eventId: string; account: string | undefined } | undefined;
    const result = await through(
      onlyThe(3, isDeposit, (request) => {
        const reply = inventedReceipt();
        const { eventId } = JSON.parse(reply.body) as { eventId: string };
        lost = { key: request.headers['idempotency-key'], eventId, account: request.path.split('/')[3] };
        return Promise.resolve(reply);
      }),
    );
    expect(result.code).toBe(1);
    expect(found(result, 'missing')).toEqual([expect.objectContaining(lost ?? {})]);
    expect(found(result, 'balance')).toEqual([expect.objectContaining({ account: lost?.account })]);
    expect(found(result, 'money')).toHaveLength(1);
  });

  it('names a command that was carried out twice', async () => {
    let account: string | undefined;
    const result = await through(
      onlyThe(3, isDeposit, async (request, forward) => {
        account = request.path.split('/')[3];
        const headers = { ...request.headers, 'idempotency-key': `${request.headers['idempotency-key'] ?? ''}-again` };
        await forward({ ...request, headers });
        return forward(request);
      }),
    );
    expect(result.code).toBe(1);
    expect(found(result, 'foreign')).toEqual([expect.objectContaining({ account })]);
    expect(found(result, 'balance')).toHaveLength(1);
    expect(found(result, 'money')).toHaveLength(1);
  });

  it('names a transfer of which the server makes a deposit', async () => {
    const result = await through(
      onlyThe(2, isTransfer, async (request, forward) => {
        const { toAccountId, amount, currency } = JSON.parse(request.body) as Record<string, unknown>;
        const body = JSON.stringify({ amount, currency });
        const reply = await forward({ ...request, path: `/v1/accounts/${String(toAccountId)}/deposits`, body });
        const { eventId } = JSON.parse(reply.body) as { eventId: string };
        const from = JSON.parse(inventedReceipt().body) as object;
        return { status: 201, body: JSON.stringify({ from, to: { eventId } }) };
      }),
    );
    expect(result.code).toBe(1);
    expect(found(result, 'foreign')).toHaveLength(1);
    expect(found(result, 'missing')).toHaveLength(2);
    expect(found(result, 'money')).toHaveLength(1);
  });

  it('names an acknowledged event that is not listed', async () => {
    let dropped: Record<string, unknown> | undefined;
    const result = await through(doctoredListing(({ events }) => ([dropped] = events.splice(2, 1))));
    const { eventId, metadata } = dropped as { eventId: string; metadata: { idempotencyKey: string } };
    expect(result.code).toBe(1);
    expect(found(result, 'missing')).toEqual([expect.objectContaining({ eventId, key: metadata.idempotencyKey })]);
    expect(found(result, 'version-gap')).toHaveLength(1);
  });

  it('names an event that stands twice under one key', async () => {
    let doubled: Record<string, unknown> | undefined;
    const result = await through(
      doctoredListing(({ events }) => {
        doubled = events[2];
        const version = Number(events.at(-1)?.version) + 1;
        if (doubled) events.push({ ...doubled, version, eventId: '0199a6e2-6ebb-772f-9e49-98e3628e217d' });
      }),
    );
    const { idempotencyKey } = doubled?.metadata as { idempotencyKey: string };
    expect(result.code).toBe(1);
    expect(found(result, 'doubled')).toEqual([expect.objectContaining({ key: idempotencyKey })]);
  });

  it('names a transfer of unknown outcome of which only one leg is recorded', async () => {
    let half: { readonly key: string; readonly account: string } | undefined;
    const doctor: Doctor = async (request, forward) => {
      const key = request.headers['idempotency-key'];
      if (isTransfer(request)) {
        half ??= { key: key ?? '', account: (JSON.parse(request.body) as { toAccountId: string }).toAccountId };
        const reply = await forward(request);
        return key === half.key ? undefined : reply;
      }
      const reply = await forward(request);
      if (!half || !request.path.startsWith(`/v1/accounts/${half.account}/events`)) return reply;
      const { events, ...rest } = JSON.parse(reply.body) as { events: { metadata: { idempotencyKey: string } }[] };
      const shown = events.filter(({ metadata }) => metadata.idempotencyKey !== half?.key);
      return { ...reply, body: JSON.stringify({ events: shown, ...rest }) };
    };
    const result = await through(doctor, '--retry-for', '100ms');
    expect(result.code).toBe(1);
    expect(found(result, 'half-transfer')).toEqual([expect.objectContaining(half ?? {})]);
  });

  it('names an answer that no load should get', async () => {
    const gone: ProxiedReply = { status: 404, body: JSON.stringify({ code: 'ACCOUNT_NOT_FOUND', retryable: false }) };
    const result = await through(onlyThe(3, isDeposit, () => Promise.resolve(gone)));
    expect(result.code).toBe(1);
    expect(found(result, 'refusal').map(({ detail }) => detail)).toEqual([
      'a deposit was refused with 404 ACCOUNT_NOT_FOUND',
    ]);
  });

  it('ends early at a signal, and checks and reports all the same', async () => {
    const args = ['dist/cli/load.js', '--url', api.client.url, '--accounts', '5', '--duration', '10m', '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = text(child.stdout);
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('5 of 5')) setTimeout(() => child.kill('SIGINT'), 1_000);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const report = JSON.parse(await stdout) as Report;
    expect(code).toBe(0);
    expect(report.elapsedSeconds).toBeLessThan(60);
    expect(report.check.events).toBeGreaterThan(10);
  });

  it.each([
    ['Nobody answers at http://127.0.0.1:1/ (ECONNREFUSED)', ['--url', 'http://127.0.0.1:1']],
    ['A transfer needs two accounts', ['--accounts', '1']],
    ['cannot be used with', ['--rate', '5', '--workers', '5']],
    ['Give a number with a unit', ['--duration', '30']],
    ["unknown option '--speed'", ['--speed', '5']],
  ])('says in a sentence what is wrong: %s', async (sentence, args) => {
    const result = await runScript('load', args, {});
    expect(result.stderr).toContain(sentence);
    expect(result.stderr).not.toContain('file:');
    expect(result.code).toBe(2);
  });

  it('says so where something else than Daybook answers', async () => {
    const page = { status: 404, body: '<html>' };
    proxy = await startDoctoringProxy(api.client.url, () => Promise.resolve(page));
    const result = await load(proxy.url);
    expect(result.stderr).toContain('does not look like Daybook: GET /health/ready gave 404');
    expect(result.code).toBe(2);
  });

  it('asks for a key where the server refuses to open accounts without one', async () => {
    proxy = await startDoctoringProxy(api.client.url, (request, forward) =>
      request.method === 'POST' ? Promise.resolve({ status: 401, body: '{}' }) : forward(request),
    );
    const result = await load(proxy.url);
    expect(result.stderr).toContain('--api-key');
    expect(result.code).toBe(2);
  });
});
