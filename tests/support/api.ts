import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createApp } from '../../src/app.ts';
import { composeDaybook, composeRebuilder, type Daybook, type Limits } from '../../src/compose.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { listen } from '../../src/server.ts';

export type Json = Record<string, unknown>;

export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Json };

/** A client of one API, wherever it runs. Commands get a fresh idempotency key unless `headers` has one. */
export class ApiClient {
  constructor(readonly url: string) {}

  async get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send('GET', path, { headers });
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Reply> {
    return this.send('POST', path, {
      ...(signal && { signal }),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, { ...init, method });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? (JSON.parse(text) as Json) : {},
    };
  }

  /** Opens an account and fails the test where that does not work. */
  async open(account: Json = {}): Promise<Json> {
    const reply = await this.post('/v1/accounts', { ownerId: 'owner', currency: 'EUR', ...account });
    if (reply.status !== 201) throw new Error(`not opened: ${reply.text}`);
    return reply.body;
  }
}

export type TestApi = { readonly client: ApiClient; readonly daybook: Daybook; readonly close: () => Promise<void> };

const defaults = readEnvironment({});

/** The whole API over real HTTP, in this process, on a storage of the test's, with what carries out rebuilds. */
export const startApi = async (
  storage: Storage,
  limits: Partial<Limits> = {},
  parts: Parameters<typeof composeDaybook>[3] = {},
  rebuiltEventsPerSecond = 1_000_000,
): Promise<TestApi> => {
  const log = pino({ level: 'silent' });
  const daybook = composeDaybook(storage, { ...defaults, ...limits }, log, parts);
  const server = await listen(createApp(daybook.services, log), '127.0.0.1', 0);
  const rebuilder = composeRebuilder(daybook, storage, {
    openForRebuilds: () => Promise.resolve(storage),
    eventsPerSecond: rebuiltEventsPerSecond,
    log,
  });
  rebuilder.start();
  const close = async (): Promise<void> => {
    await rebuilder.stop();
    await Promise.all([daybook.drain(), server.close(300)]);
  };
  return { client: new ApiClient(server.url), daybook, close };
};
