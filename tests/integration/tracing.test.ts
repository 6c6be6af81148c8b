import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiProcess, apiProcesses } from '../support/api-process.ts';
import { Collector } from '../support/collector.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';

const processes = apiProcesses();
let database: TestDatabase;
let collector: Collector;

beforeEach(async () => {
  [database, collector] = await Promise.all([openTestDatabase(), Collector.open()]);
});
afterEach(async () => {
  await processes.killAll();
  await Promise.all([database.drop(), collector.close()]);
});

const start = (settings: Record<string, string> = {}): Promise<ApiProcess> =>
  processes.start({
    MONGODB_URI: database.uri,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    ...settings,
  });

type Sent = { readonly traceId: string; readonly callerId: string; readonly spanId: string };

/** Sends a deposit as a part of a trace of its own, and gives the span that its answer names. */
const deposit = async ({ client }: ApiProcess, accountId: string): Promise<Sent> => {
  const [traceId, callerId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const traceparent = `00-${traceId}-${callerId}-01`;
  const reply = await client.post(
    `/v1/accounts/${accountId}/deposits`,
    { amount: 1, currency: 'EUR' },
    { traceparent },
  );
  expect(reply.status).toBe(201);
  const [version, sameTrace, spanId = '', flags] = (reply.headers.get('traceparent') ?? '').split('-');
  expect([version, sameTrace, flags]).toEqual(['00', traceId, '01']);
  return { traceId, callerId, spanId };
};

const DEPOSIT = 'POST /v1/accounts/{accountId}/deposits';

const requestOf = ({ spanId }: Sent) => collector.named(DEPOSIT).find((span) => span.spanId === spanId);
const commitOf = ({ spanId }: Sent) =>
  collector.named('commit').filter(({ links }) => links.some((link) => link.spanId === spanId));

describe('a deposit that is part of a trace', () => {
  it('is a span below its caller’s, its commit one below that, and its log line names the trace', async () => {
    const api = await start({ LOG_LEVEL: 'info' });
    await api.client.open({ accountId: 'alice' });
    const sent = await deposit(api, 'alice');
    expect(await processes.kill(api, 'SIGTERM')).toBe(0);
    expect(requestOf(sent)).toMatchObject({ traceId: sent.traceId, parentSpanId: sent.callerId, status: { code: 0 } });
    expect(commitOf(sent)).toHaveLength(1);
    expect(commitOf(sent)[0]).toMatchObject({ traceId: sent.traceId, parentSpanId: sent.spanId });
    expect(commitOf(sent)[0]?.attributes['daybook.commands']).toBe(1);
    expect(JSON.stringify(collector.spans)).not.toContain('alice');
    expect(api.stdout()).toContain(`"traceId":"${sent.traceId}"`);
  });

  it('is so also where another process commits it', async () => {
    const api = await start({ DAYBOOK_WORKERS: '1' });
    await api.client.open({ accountId: 'alice' });
    const sent = await deposit(api, 'alice');
    expect(await processes.kill(api, 'SIGTERM')).toBe(0);
    const [request, commit] = [requestOf(sent), commitOf(sent)[0]];
    expect(commit).toMatchObject({ traceId: sent.traceId, parentSpanId: sent.spanId });
    expect(commit?.resource['process.pid']).toBe(api.pid);
    expect(request?.resource['process.pid']).not.toBe(api.pid);
  });
});

describe('many deposits at once', () => {
  it('are each linked from the one commit that carried them out', async () => {
    const api = await start();
    for (let index = 0; index < 64; index += 1) await api.client.open({ accountId: `account-${index}` });
    const sent = await Promise.all(Array.from({ length: 64 }, (_, index) => deposit(api, `account-${index}`)));
    expect(await processes.kill(api, 'SIGTERM')).toBe(0);
    expect(sent.map((one) => commitOf(one).length)).toEqual(sent.map(() => 1));
    const commits = collector.named('commit');
    for (const { attributes, links } of commits) expect(links).toHaveLength(Number(attributes['daybook.commands']));
    // Some had company.
    expect(Math.max(...commits.map(({ links }) => links.length))).toBeGreaterThan(1);
  });
});

describe('a collector that is not there', () => {
  it('costs no answer, and the end of the process no more than two seconds', async () => {
    const api = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
    await api.client.open({ accountId: 'alice' });
    await deposit(api, 'alice');
    const asked = performance.now();
    expect(await processes.kill(api, 'SIGTERM')).toBe(0);
    expect(performance.now() - asked).toBeLessThan(6_000);
    expect(collector.exports).toBe(0);
  });
});
