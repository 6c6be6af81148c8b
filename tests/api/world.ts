import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import { type ApiClient, type Json, startApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

/** More than this needs approval; in all other currencies nothing does. */
export const MOST_FRANCS_ALONE = 1_000;

const limits = { DAYBOOK_APPROVAL_ABOVE: new Map([['CHF', BigInt(MOST_FRANCS_ALONE)]]) };

/** An API of its own on a database of its own, for the tests of one file. */
export class World {
  #database: TestDatabase | undefined;
  #api: TestApi | undefined;

  constructor(private readonly clock?: Clock) {}

  async open(): Promise<void> {
    this.#database = await openTestDatabase();
    this.#api = await startApi(this.database.storage, limits, this.clock ? { clock: this.clock } : {});
  }

  async close(): Promise<void> {
    await this.#api?.close();
    await this.#database?.drop();
  }

  get database(): TestDatabase {
    if (!this.#database) throw new Error('the world opens before the first test');
    return this.#database;
  }

  get storage(): Storage {
    return this.database.storage;
  }

  get client(): ApiClient {
    if (!this.#api) throw new Error('the world opens before the first test');
    return this.#api.client;
  }
}

export const useWorld = (clock?: Clock): World => {
  const world = new World(clock);
  beforeAll(() => world.open());
  afterAll(() => world.close());
  return world;
};

/** A clock that stands until it is moved. It starts beyond today, so that the store does not forget keys as expired. */
export class ManualClock implements Clock {
  #now = Date.parse('2040-01-01T00:00:00.000Z');

  now(): Instant {
    return instant(this.#now);
  }

  moveTo(time: string): void {
    this.#now = Date.parse(time);
  }

  forward(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

let accounts = 0;

/** Opens an account under a new id and gives that id. */
export const opened = async (client: ApiClient, account: Json = {}): Promise<string> => {
  const { accountId } = await client.open({ accountId: `account-${++accounts}`, ...account });
  return String(accountId);
};

export const frozen = async (client: ApiClient, account: Json = {}): Promise<string> => {
  const id = await opened(client, account);
  await client.post(`/v1/accounts/${id}/freeze`, { reason: 'a test' });
  return id;
};

export const closed = async (client: ApiClient, account: Json = {}): Promise<string> => {
  const id = await opened(client, account);
  await client.post(`/v1/accounts/${id}/close`, { reason: 'a test' });
  return id;
};
