import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OutcomeUnknown, StorageUnavailable, VersionConflict } from '../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { healthView, readinessView } from '../../src/http/schemas/health-views.ts';
import { statusView } from '../../src/http/schemas/status.ts';
import { receiptView } from '../../src/http/schemas/views.ts';
import { type Reply, startApi, type TestApi } from '../support/api.ts';
import { sealerOver } from '../support/sealers.ts';
import { askFor } from './every-endpoint.ts';
import { bodyAs, expectProblem } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

/** A storage whose every call fails once `fault` is set; without one it is the storage behind it. */
class FaultyStorage {
  fault: (() => Error) | undefined;
  /** Only the transactions fail. */
  readsWork = false;
  /** What transactions wait for before they begin. */
  gate: Promise<unknown> = Promise.resolve();

  constructor(private readonly real: Storage) {}

  readonly #guarded = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return (...values: unknown[]): unknown => {
          if (this.fault && !this.readsWork) return Promise.reject(this.fault());
          return Reflect.apply(member, object, values);
        };
      },
    });

  asStorage(): Storage {
    return {
      ...this.real,
      events: this.#guarded(this.real.events),
      snapshots: this.#guarded(this.real.snapshots),
      feed: this.#guarded(this.real.feed),
      journal: this.#guarded(this.real.journal),
      table: (name) => this.#guarded(this.real.table(name)),
      transactionally: async (body) => {
        await this.gate;
        if (this.fault) throw this.fault();
        return this.real.transactionally(body);
      },
      ping: async () => {
        if (this.fault) throw this.fault();
        return this.real.ping();
      },
      migrations: async () => {
        if (this.fault) throw this.fault();
        return this.real.migrations();
      },
    };
  }
}

let storage: FaultyStorage;
let api: TestApi;
let id = '';

beforeAll(async () => {
  id = await opened(world.client, { initialDeposit: { amount: 1_000 } });
  storage = new FaultyStorage(world.storage);
  api = await startApi(storage.asStorage());
});
afterEach(() => {
  storage.fault = undefined;
  storage.readsWork = false;
});
afterAll(() => api.close());

const NOTHING = '01890000-0000-7000-8000-000000000000';
const MONEY = { amount: 1, currency: 'EUR' };
// The one about how the process and its storage are tells that in its answer, as /health does.
const asking = endpoints.filter(({ tag }) => tag !== 'Health');
const withoutStorage = asking.filter(({ id: name }) => name !== 'getStatus');
const ask = (endpoint: (typeof asking)[number]): Promise<Reply> => {
  const { path, body } = askFor(endpoint, {
    ...{ accountId: id, otherAccountId: 'x', ownerId: 'o', transferId: 't', holdId: 'h', rebuildId: '1' },
    ...{ eventId: NOTHING, proposalId: NOTHING, prefix: '0123456789ab' },
  });
  return endpoint.method === 'get' ? api.client.get(path) : api.client.post(path, body ?? {});
};
const deposit = (headers: Record<string, string> = {}): Promise<Reply> =>
  api.client.post(`/v1/accounts/${id}/deposits`, MONEY, headers);
const balance = async (): Promise<unknown> => (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;

describe('while the storage is away', () => {
  it.each(withoutStorage.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s answers 503 UNAVAILABLE',
    async (_, endpoint) => {
      storage.fault = () => new StorageUnavailable('no primary: mongodb://secret@10.0.0.1');
      const reply = await ask(endpoint);
      expectProblem(reply, 'UNAVAILABLE', {});
      expect(reply.text).not.toContain('mongodb');
    },
  );

  it('the status says so, and what the process knows by itself', async () => {
    storage.fault = () => new StorageUnavailable('no primary');
    const status = bodyAs(statusView, await api.client.get('/v1/admin/status'), 200);
    expect(status).toMatchObject({ storage: { isReachable: false }, commandsWaiting: 0, isDraining: false });
    expect(status).not.toHaveProperty('journal');
  });

  it('health and readiness say so, and the process is alive', async () => {
    storage.fault = () => new StorageUnavailable('no primary');
    for (const path of ['/health', '/health/ready']) {
      const reply = await api.client.get(path);
      expect(bodyAs(healthView, reply, 503)).toEqual({
        status: 'unavailable',
        checks: { storage: 'unavailable', migrations: 'unavailable', acceptingCommands: 'ok' },
        commandsWaiting: 0,
      });
      expect(reply.headers.get('cache-control')).toBe('no-store');
      expect((await api.client.send('HEAD', path)).status).toBe(503);
    }
    const live = await api.client.get('/health/live');
    expect([live.status, live.body, live.headers.get('cache-control')]).toEqual([200, { status: 'ok' }, 'no-store']);
    expect((await api.client.get('/openapi.json')).status).toBe(200);
  });

  it('a refused command may be sent again with its key, and counts once', async () => {
    const before = Number(await balance());
    const key = { 'Idempotency-Key': 'while-away' };
    storage.fault = () => new StorageUnavailable('gone');
    expectProblem(await deposit(key), 'UNAVAILABLE');
    storage.fault = undefined;
    expect((await deposit(key)).headers.get('idempotency-replayed')).toBeNull();
    expect((await deposit(key)).headers.get('idempotency-replayed')).toBe('true');
    expect(await balance()).toBe(before + 1);
  });
});

describe('when a commit is left open', () => {
  it('answers 503 OUTCOME_UNKNOWN, and the same key gives the truth later', async () => {
    const before = Number(await balance());
    storage.fault = () => new OutcomeUnknown('connection lost');
    storage.readsWork = true;
    const key = { 'Idempotency-Key': 'left-open' };
    expectProblem(await deposit(key), 'OUTCOME_UNKNOWN', {});
    storage.fault = undefined;
    bodyAs(receiptView, await deposit(key), 201);
    expect(await balance()).toBe(before + 1);
  });
});

describe('when others always write first', () => {
  it('answers 409 CONCURRENCY_CONFLICT in the end, which may be tried again', async () => {
    storage.fault = () => new VersionConflict('taken');
    storage.readsWork = true;
    expectProblem(await deposit(), 'CONCURRENCY_CONFLICT', {});
  });
});

describe('when there is a bug', () => {
  it.each(asking.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s answers 500 and nothing of what happened inside',
    async (_, endpoint) => {
      storage.fault = () => new TypeError('secret of /srv/app.ts: Cannot read properties of undefined');
      const reply = await ask(endpoint);
      expectProblem(reply, 'INTERNAL_ERROR', {});
      expect(reply.text).not.toMatch(/secret|TypeError|\.ts|node_modules| at /);
    },
  );
});

describe('when more commands wait than the queue takes', () => {
  it('answers 503 OVERLOADED at once, and the others when their turn has come', async () => {
    const small = await startApi(storage.asStorage(), { DAYBOOK_QUEUE_LIMIT: 2, DAYBOOK_BATCH_LIMIT: 1 });
    try {
      let openGate: (value?: unknown) => void = () => undefined;
      storage.gate = new Promise((resolve) => (openGate = resolve));
      const before = Number(await balance());
      const post = () => small.client.post(`/v1/accounts/${id}/deposits`, MONEY);
      const accepted: Promise<Reply>[] = [];
      for (let n = 0; n < 3; n += 1) {
        accepted.push(post());
        await sleep(100);
      }
      expectProblem(await post(), 'OVERLOADED', {});
      expect((await small.client.get('/health')).body.commandsWaiting).toBe(2);
      openGate();
      for (const reply of await Promise.all(accepted)) bodyAs(receiptView, reply, 201);
      expect(await balance()).toBe(before + 3);
    } finally {
      storage.gate = Promise.resolve();
      await small.close();
    }
  });
});

const eventsSoFar = async (): Promise<number> => {
  let events = 0;
  for await (const { version } of world.storage.events.heads()) events += version;
  return events;
};

describe('health', () => {
  it('is ok while all is well', async () => {
    const sealer = sealerOver(world.storage);
    sealer.start();
    const journalOf = async () => bodyAs(healthView, await api.client.get('/health')).journal;
    await expect
      .poll(journalOf, { timeout: 20_000 })
      .toEqual({ position: await eventsSoFar(), lagMs: 0, isRefused: false });
    await sealer.stop();
    const checks = { storage: 'ok', migrations: 'ok', acceptingCommands: 'ok' };
    const well = { status: 'ok', checks, commandsWaiting: 0 };
    const [health, readiness] = [await api.client.get('/health'), await api.client.get('/health/ready')];
    expect(bodyAs(healthView, health)).toEqual({
      ...well,
      journal: { position: await eventsSoFar(), lagMs: 0, isRefused: false },
    });
    expect(bodyAs(readinessView, readiness)).toEqual({ ...well, journal: { lagMs: 0 } });
    for (const { headers } of [health, readiness]) expect(headers.get('cache-control')).toBe('no-store');
    expect((await api.client.get('/health/live')).body).toEqual({ status: 'ok' });
  });

  it('says that the storage lacks a migration of this release', async () => {
    const missing = { id: '9999-next', appliedAt: undefined };
    const behind = await startApi({ ...world.storage, migrations: () => Promise.resolve([missing]) });
    try {
      for (const path of ['/health', '/health/ready']) {
        const { checks } = bodyAs(path === '/health' ? healthView : readinessView, await behind.client.get(path), 503);
        expect(checks).toEqual({ storage: 'ok', migrations: 'unavailable', acceptingCommands: 'ok' });
      }
    } finally {
      await behind.close();
    }
  });

  it('says that this process takes no more commands once it drains; queries still work', async () => {
    const leaving = await startApi(world.storage);
    try {
      await leaving.daybook.drain();
      for (const path of ['/health', '/health/ready']) {
        const view = path === '/health' ? healthView : readinessView;
        expect(bodyAs(view, await leaving.client.get(path), 503).checks).toEqual({
          storage: 'ok',
          migrations: 'ok',
          acceptingCommands: 'unavailable',
        });
      }
      expect((await leaving.client.get('/health/live')).status).toBe(200);
      expectProblem(await leaving.client.post(`/v1/accounts/${id}/deposits`, MONEY), 'UNAVAILABLE', {});
      expect((await leaving.client.get(`/v1/accounts/${id}`)).status).toBe(200);
    } finally {
      await leaving.close();
    }
  });
});
