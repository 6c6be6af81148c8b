import type { Request, Response } from 'express';
import type { BlockHead } from '../../application/ports/journal-store.ts';
import { defineEndpoint } from '../endpoint.ts';
import { presentCheckpoint } from '../presenters/journal.ts';
import { RequestError } from '../problem-details.ts';
import { checkpointView } from '../schemas/journal-views.ts';
import { sendFound } from '../send.ts';

type Format = 'text/plain' | 'application/json';

/** Text, unless the caller asks for JSON. Rejects with NOT_ACCEPTABLE. */
const mustAccept = (request: Request): Format => {
  const format = request.accepts(['text/plain', 'application/json']);
  if (format === false) throw new RequestError('NOT_ACCEPTABLE');
  return format as Format;
};

const sendAs = (response: Response, format: Format, text: string, head: BlockHead): void => {
  const body = format === 'text/plain' ? text : JSON.stringify(presentCheckpoint(head));
  sendFound(response, format, body, { Vary: 'Accept' });
};

const either = { schema: checkpointView, text: true } as const;

export const getCheckpoint = defineEndpoint({
  method: 'get',
  path: '/v1/journal/checkpoint',
  id: 'getCheckpoint',
  tag: 'Journal',
  scope: 'audit:read',
  summary: 'What the ledger vouches for: how many events are sealed, and the root over them',
  description: 'A C2SP checkpoint: a signed note of name, size and RFC 9162 root.',
  answers: { 200: { description: 'The latest checkpoint.', ...either } },
  rejects: ['NOT_ACCEPTABLE', 'NOT_SEALED_YET'],
  handle: async ({ journal }, { request, response }) => {
    const format = mustAccept(request);
    const head = await journal.lastBlock();
    sendAs(response, format, head.checkpoint, head);
  },
});

export const getJournalKey = defineEndpoint({
  method: 'get',
  path: '/v1/journal/key',
  id: 'getJournalKey',
  tag: 'Journal',
  scope: 'audit:read',
  summary: 'The key with which the latest checkpoint can be checked',
  description:
    'A C2SP verifier key, for `npm run verify -- --key`. Take it once, over a way that you trust, and keep it: a ledger that is asked ' +
    'for its key each time can answer with another one.',
  answers: { 200: { description: 'The verifier key.', ...either } },
  rejects: ['NOT_ACCEPTABLE', 'NOT_SEALED_YET'],
  handle: async ({ journal, ownKey }, { request, response }) => {
    const format = mustAccept(request);
    const head = await journal.lastBlock();
    const verifierKey = ownKey ?? head.verifierKey;
    sendAs(response, format, `${verifierKey}\n`, { ...head, verifierKey });
  },
});
