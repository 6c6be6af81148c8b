import type { Response } from 'express';
import { z } from 'zod';
import type { Act } from '../../application/access/recorded-act.ts';
import { defineEndpoint } from '../endpoint.ts';
import { whoAsks } from '../middleware/authentication.ts';
import { presentIssuedKey, presentKey } from '../presenters/access.ts';
import type { Json } from '../presenters/wire.ts';
import { issuedKeyView, keysView, keyView, newKey, prefix, rotation } from '../schemas/access.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { send } from '../send.ts';

const path = '/v1/admin/keys';
const admin = { tag: 'Administration', scope: 'admin' as const };
const act = { ...admin, method: 'post' as const, isQuery: true as const, needsKey: false as const };
const params = z.strictObject({ prefix });

const actOf = (response: Response): Act => whoAsks(response.req, response);

// A key must not be found in a cache.
const noStore = { 'Cache-Control': 'no-store' };

const sendSecret = (response: Response, status: number, body: Json): void =>
  send(response, { status, type: 'application/json', body: JSON.stringify(body), headers: noStore });

export const createKey = defineEndpoint({
  ...act,
  path,
  id: 'createKey',
  summary: 'Make an API key',
  description:
    'The key is told once: of it only the SHA-256 is kept. With `admin` among its scopes it can make keys with any scope. There is no ' +
    'Idempotency-Key, for the answer is not kept: sent twice, there are two keys, of which one can be revoked.',
  body: newKey,
  answers: { 201: { description: 'The key.', schema: issuedKeyView } },
  rejects: [],
  handle: async ({ access }, { body, response }) => {
    sendSecret(response, 201, presentIssuedKey(await access.keys.create(body, actOf(response))));
  },
});

export const listKeys = defineEndpoint({
  ...admin,
  method: 'get',
  path,
  id: 'listKeys',
  summary: 'Every API key that was ever made, by its prefix',
  query: z.strictObject({ limit, cursor: cursor.exactOptional() }),
  answers: { 200: { description: 'One page.', schema: keysView } },
  rejects: [],
  handle: async ({ access }, { query: { limit, cursor: text }, response }) => {
    const after = text === undefined ? undefined : decodeCursor('keys', text, z.string());
    // One more than asked for says whether there is a next page.
    const rows = await access.keys.list({ limit: limit + 1, ...(after !== undefined && { after }) });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    access.log.note({ ...actOf(response), what: 'listKeys', outcome: 'done' });
    sendSecret(response, 200, { keys: page.map(presentKey), nextCursor: last && encodeCursor('keys', last._id) });
  },
});

export const rotateKey = defineEndpoint({
  ...act,
  path: `${path}/{prefix}/rotate`,
  id: 'rotateKey',
  summary: 'Give an API key another secret',
  description:
    'It stays the same principal: its idempotency keys are still its own. The old key ends at once, unless it is kept for a while.',
  params,
  body: rotation,
  answers: { 200: { description: 'The new key.', schema: issuedKeyView } },
  rejects: ['KEY_NOT_FOUND', 'KEY_REVOKED'],
  handle: async ({ access }, { params, body, response }) => {
    const issued = await access.keys.rotate(params.prefix, body.keepOldForSeconds * 1_000, actOf(response));
    sendSecret(response, 200, presentIssuedKey(issued));
  },
});

export const revokeKey = defineEndpoint({
  ...act,
  path: `${path}/{prefix}/revoke`,
  id: 'revokeKey',
  summary: 'End an API key for good',
  description:
    'The process that is asked takes it no more; every other one within two seconds. A second time changes nothing.',
  params,
  body: z.strictObject({}),
  answers: { 200: { description: 'The key.', schema: keyView } },
  rejects: ['KEY_NOT_FOUND'],
  handle: async ({ access }, { params, response }) => {
    sendSecret(response, 200, presentKey(await access.keys.revoke(params.prefix, actOf(response))));
  },
});
