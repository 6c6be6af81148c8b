import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ProblemCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Json, Reply } from '../support/api.ts';
import { opened } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;

const path = '/v1/admin/rebuilds';

/** Asks for a rebuild, once no other is under way, and gives its address. */
export const rebuilding = async (client: Pick<ApiClient, 'post'>, body: Json = {}): Promise<string> => {
  let reply: Reply | undefined;
  const begin = async (): Promise<number> => {
    reply = await client.post(path, body);
    return reply.status;
  };
  await expect.poll(begin, { timeout: 60_000 }).toBe(202);
  return `${path}/${String(reply?.body.rebuildId)}`;
};

/** Resolves with the rebuild when it has come to this status. */
export const untilStatus = async (client: Pick<ApiClient, 'get'>, address: string, status: string): Promise<Json> => {
  let body: Json = {};
  const look = async (): Promise<unknown> => {
    ({ body } = await client.get(address));
    return body.status;
  };
  await expect.poll(look, { timeout: 60_000, interval: 100 }).toBe(status);
  return body;
};

const switched = async (client: ApiClient): Promise<string> => {
  const address = await rebuilding(client, { accountId: await opened(client) });
  await untilStatus(client, address, 'compared');
  await client.post(`${address}/switch`, {});
  await untilStatus(client, address, 'switched');
  return address;
};

const reused =
  (address: string): Case =>
  async (client) => {
    const key = { 'Idempotency-Key': randomUUID() };
    await client.post('/v1/accounts', { ownerId: 'o', currency: 'EUR' }, key);
    return client.post(address, {}, key);
  };

const absent =
  (act: string): Case =>
  (client) =>
    client.post(`${path}/999999/${act}`, {});

/** Rejections of what an administrator asks of rebuilds. */
export const rebuildCases: Readonly<Record<string, Partial<Record<ProblemCode, Case>>>> = {
  createRebuild: {
    IDEMPOTENCY_KEY_REUSED: reused(path),
    ACCOUNT_NOT_FOUND: (client) => client.post(path, { accountId: 'absent' }),
    REBUILD_UNDER_WAY: async (client) => {
      await rebuilding(client);
      return client.post(path, {});
    },
  },
  getRebuild: { REBUILD_NOT_FOUND: (client) => client.get(`${path}/999999`) },
  cancelRebuild: {
    IDEMPOTENCY_KEY_REUSED: reused(`${path}/1/cancel`),
    REBUILD_NOT_FOUND: absent('cancel'),
    REBUILD_ENDED: async (client) => client.post(`${await switched(client)}/cancel`, {}),
  },
  switchRebuild: {
    IDEMPOTENCY_KEY_REUSED: reused(`${path}/1/switch`),
    REBUILD_NOT_FOUND: absent('switch'),
    REBUILD_NOT_COMPARED: async (client) => client.post(`${await switched(client)}/switch`, {}),
  },
};
