import type { Response } from 'express';
import { z } from 'zod';
import type { RebuildAct } from '../../application/rebuilds/rebuild-desk.ts';
import type { RebuildRow } from '../../application/rebuilds/rebuild-row.ts';
import { defineEndpoint } from '../endpoint.ts';
import { whoAsks } from '../middleware/authentication.ts';
import { answerRebuild, presentRebuild } from '../presenters/rebuild.ts';
import type { Json } from '../presenters/wire.ts';
import { requestHashOf } from '../request-hash.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../schemas/paging.ts';
import { newRebuild, rebuildId, rebuildsView, rebuildView } from '../schemas/rebuilds.ts';
import { sendJson, sendOutcome } from './answer.ts';

const path = '/v1/admin/rebuilds';
const admin = { tag: 'Administration', scope: 'admin' as const };
const act = { ...admin, method: 'post' as const, isQuery: true as const, needsKey: true as const };
const params = z.strictObject({ rebuildId });
const headers = ['Location'] as const;

type Asked = {
  readonly response: Response;
  readonly idempotencyKey: string;
  readonly rawBody: unknown;
};

const actOf = (
  { response, idempotencyKey: key, rawBody }: Asked,
  { what, address, status }: { readonly what: string; readonly address: string; readonly status: 200 | 202 },
): RebuildAct => ({
  ...whoAsks(response.req, response),
  what,
  idempotency: { key, requestHash: requestHashOf(address, rawBody as Json) },
  wording: answerRebuild(status),
});

export const createRebuild = defineEndpoint({
  ...act,
  path,
  id: 'createRebuild',
  summary: 'Rebuild the read models from the events beside the live ones, and compare',
  description:
    'It goes on behind the answer, in the process that commits, while the ledger serves: the events of all accounts, or of one, are projected into shadow read models, ' +
    'which are then compared with the live ones row by row and cell by cell. Nothing is changed before `switch`. One can be under way at a time.',
  body: newRebuild,
  answers: { 202: { description: 'It will be begun in a moment.', schema: rebuildView, headers } },
  rejects: ['IDEMPOTENCY_KEY_REUSED', 'ACCOUNT_NOT_FOUND', 'REBUILD_UNDER_WAY'],
  handle: async ({ rebuilds }, { body, response, ...call }) => {
    const asked = actOf({ ...call, response }, { what: 'createRebuild', address: path, status: 202 });
    sendOutcome(response, await rebuilds.begin(body.accountId, asked));
  },
});

export const listRebuilds = defineEndpoint({
  ...admin,
  method: 'get',
  path,
  id: 'listRebuilds',
  summary: 'Every rebuild that was ever asked for, the latest first',
  query: z.strictObject({ limit, cursor: cursor.exactOptional() }),
  answers: { 200: { description: 'One page.', schema: rebuildsView } },
  rejects: [],
  handle: async ({ access, rebuilds }, { query: { limit, cursor: text }, response }) => {
    const after = text === undefined ? undefined : decodeCursor('rebuilds', text, z.int());
    // One more than asked for says whether there is a next page.
    const rows: readonly RebuildRow[] = await rebuilds.list({
      limit: limit + 1,
      ...(after !== undefined && { after }),
    });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    access.log.note({ ...whoAsks(response.req, response), what: 'listRebuilds', outcome: 'done' });
    const nextCursor = last && encodeCursor('rebuilds', last.number);
    sendJson(response, { rebuilds: page.map(presentRebuild), nextCursor });
  },
});

export const getRebuild = defineEndpoint({
  ...admin,
  method: 'get',
  path: `${path}/{rebuildId}`,
  id: 'getRebuild',
  summary: 'How far a rebuild is, and what it found',
  params,
  answers: { 200: { description: 'The rebuild.', schema: rebuildView } },
  rejects: ['REBUILD_NOT_FOUND'],
  handle: async ({ access, rebuilds }, { params: { rebuildId: about }, response }) => {
    const row = await rebuilds.find(about);
    access.log.note({ ...whoAsks(response.req, response), what: 'getRebuild', outcome: 'done', about });
    sendJson(response, presentRebuild(row));
  },
});

export const cancelRebuild = defineEndpoint({
  ...act,
  path: `${path}/{rebuildId}/cancel`,
  id: 'cancelRebuild',
  summary: 'End a rebuild, wherever it is',
  description:
    'What it has built is removed a moment later. A switch is stopped between two rows: what it has put right by then stays right. A second time changes nothing.',
  params,
  body: z.strictObject({}),
  answers: { 200: { description: 'The rebuild.', schema: rebuildView, headers } },
  rejects: ['IDEMPOTENCY_KEY_REUSED', 'REBUILD_NOT_FOUND', 'REBUILD_ENDED'],
  handle: async ({ rebuilds }, { params: { rebuildId: id }, response, ...call }) => {
    const address = `${path}/${id}/cancel`;
    const asked = actOf({ ...call, response }, { what: 'cancelRebuild', address, status: 200 });
    sendOutcome(response, await rebuilds.cancel(id, asked));
  },
});

export const switchRebuild = defineEndpoint({
  ...act,
  path: `${path}/{rebuildId}/switch`,
  id: 'switchRebuild',
  summary: 'Put what the events say in place of what differs',
  description:
    'Only behind a comparison. Rows are compared once more, and those that differ are replaced one by one, each only where it is still what was compared: whatever ' +
    'is written meanwhile stays. Events are never touched.',
  params,
  body: z.strictObject({}),
  answers: { 202: { description: 'It will be begun in a moment.', schema: rebuildView, headers } },
  rejects: ['IDEMPOTENCY_KEY_REUSED', 'REBUILD_NOT_FOUND', 'REBUILD_NOT_COMPARED'],
  handle: async ({ rebuilds }, { params: { rebuildId: id }, response, ...call }) => {
    const address = `${path}/${id}/switch`;
    const asked = actOf({ ...call, response }, { what: 'switchRebuild', address, status: 202 });
    sendOutcome(response, await rebuilds.switchOver(id, asked));
  },
});
