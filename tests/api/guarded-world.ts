import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import type { Access } from '../../src/application/access/access.ts';
import type { NewKey } from '../../src/application/access/key-keeper.ts';
import { composeAccess } from '../../src/compose-access.ts';
import { type Limits, systemClock } from '../../src/compose.ts';
import { type ApiClient, type Json, type Reply, startApi, type TestApi } from '../support/api.ts';
import { bearer, Issuer, makeKey } from '../support/credentials.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

/** One caller, with its credential in every request. */
export class Caller {
  constructor(
    private readonly client: ApiClient,
    readonly credential: string,
  ) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.client.get(path, { ...bearer(this.credential), ...headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.client.post(path, body, { ...bearer(this.credential), ...headers });
  }

  /** Fails the test where it does not work. */
  async done(path: string, body: unknown): Promise<Json> {
    const reply = await this.post(path, body);
    if (reply.status >= 300) throw new Error(`${path}: ${reply.text}`);
    return reply.body;
  }
}

type Settings = Partial<Issuer['settings']>;

/** An API that asks who its callers are, on a database of its own. */
export class GuardedWorld {
  #parts: { database: TestDatabase; issuer: Issuer; access: Access; api: TestApi } | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly limits: Partial<Limits>,
  ) {}

  async open(): Promise<void> {
    const [database, issuer] = await Promise.all([openTestDatabase(), Issuer.open()]);
    const settings = { ...issuer.settings, ...this.settings };
    const access = composeAccess(database.storage, settings, pino({ level: 'silent' }), systemClock);
    this.#parts = { database, issuer, access, api: await startApi(database.storage, this.limits, { access }) };
  }

  async close(): Promise<void> {
    const { database, issuer, api } = this.parts;
    await api.close();
    await Promise.all([database.drop(), issuer.close()]);
  }

  get parts() {
    if (!this.#parts) throw new Error('the world opens before the first test');
    return this.#parts;
  }

  get client(): ApiClient {
    return this.parts.api.client;
  }

  /** A caller with a new key. */
  async caller(wanted: Partial<NewKey> = {}): Promise<Caller> {
    return new Caller(this.client, (await makeKey(this.parts.access, wanted)).key);
  }

  /** A customer: the accounts of this owner, to read and to move. */
  owner(ownerId: string): Promise<Caller> {
    return this.caller({ ownerId, scopes: ['accounts:read', 'money:write'] });
  }
}

export const useGuardedWorld = (settings: Settings = {}, limits: Partial<Limits> = {}): GuardedWorld => {
  const world = new GuardedWorld(settings, limits);
  beforeAll(() => world.open());
  afterAll(() => world.close());
  return world;
};
