import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { composeDaybook } from '../../src/compose.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import { listen } from '../../src/server.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { ApiClient } from '../support/api.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

const lines: string[] = [];
let client: ApiClient;
let close: () => Promise<void>;

beforeAll(async () => {
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const storage = openMemoryStorage();
  const daybook = composeDaybook(storage, readEnvironment({}), log);
  const server = await listen(createApp(daybook.services, log), '127.0.0.1', 0);
  client = new ApiClient(server.url);
  close = async () => {
    await Promise.all([daybook.drain(), server.close(1_000)]);
    await storage.close();
  };
});
afterAll(() => close());

const answeredTo = async (headers: Record<string, string>, path = '/health'): Promise<string | null> =>
  (await client.get(path, headers)).headers.get('traceparent');

const traceIdsOf = (requestId: string): readonly unknown[] =>
  lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .flatMap((line) => (line.id === requestId ? [line.traceId] : []));

describe('a request with a traceparent', () => {
  it.each(['/v1/accounts', '/v1/accounts/nobody', '/v1/accounts?limit=0', '/nowhere', '/docs', '/openapi.json'])(
    'is answered with it: %s',
    async (path) => {
      expect(await answeredTo({ traceparent }, path)).toBe(traceparent);
    },
  );

  it('is answered with it where it is a command', async () => {
    const reply = await client.post('/v1/accounts', { ownerId: 'owner', currency: 'EUR' }, { traceparent });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('traceparent')).toBe(traceparent);
  });

  it('names its trace in the log', async () => {
    await client.get('/v1/accounts/nobody', { traceparent, 'X-Request-Id': 'traced' });
    await expect.poll(() => traceIdsOf('traced')).toEqual([traceId]);
  });
});

describe('a request without one, or with one that is none,', () => {
  it.each([
    undefined,
    'nonsense',
    traceparent.toUpperCase(),
    `${traceparent}, ${traceparent}`,
    `ff${traceparent.slice(2)}`,
  ])('begins a trace, which its answer and the log name: %s', async (given) => {
    const named = { 'X-Request-Id': `untraced-${lines.length}`, ...(given !== undefined && { traceparent: given }) };
    const [one, other] = [await answeredTo(named), await answeredTo({})];
    expect(one).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
    expect(one).not.toContain(traceId);
    expect(other).not.toBe(one);
    await expect.poll(() => traceIdsOf(named['X-Request-Id'])).toEqual([one?.split('-')[1]]);
  });
});
