import { z } from 'zod';
import { proofDocumentOf } from '../../journal/proof-document.ts';
import { defineEndpoint } from '../endpoint.ts';
import { presentGrowth } from '../presenters/journal.ts';
import { eventId } from '../schemas/ids.ts';
import { position } from '../schemas/journal.ts';
import { growthView, proofView } from '../schemas/journal-views.ts';
import { sendJson } from './answer.ts';

export const getProof = defineEndpoint({
  method: 'get',
  path: '/v1/journal/proof',
  id: 'getProof',
  tag: 'Journal',
  scope: 'audit:read',
  summary: 'That an event is sealed, for whoever trusts nothing but the key',
  description: 'Save the answer to a file, and check it offline with `npm run verify -- --proof FILE --key KEY`.',
  query: z.strictObject({ eventId }),
  answers: { 200: { description: 'The proof, against the latest checkpoint.', schema: proofView } },
  rejects: ['EVENT_NOT_FOUND', 'NOT_SEALED_YET'],
  handle: async ({ journal }, { query, response }) => {
    sendJson(response, proofDocumentOf(await journal.proveInclusion(query.eventId)));
  },
});

export const getConsistency = defineEndpoint({
  method: 'get',
  path: '/v1/journal/consistency',
  id: 'getConsistency',
  tag: 'Journal',
  scope: 'audit:read',
  summary: 'That the journal only grew between two checkpoints',
  description:
    'An RFC 9162 consistency proof. Whoever keeps checkpoints can tell from it that nothing before was changed.',
  query: z
    .strictObject({
      from: position.meta({ description: 'Size of the earlier checkpoint.' }),
      to: position.exactOptional().meta({ description: 'Size of the later checkpoint; default the latest.' }),
    })
    .refine(({ from, to }) => to === undefined || from <= to, { path: ['to'], message: 'must not be less than from' }),
  answers: { 200: { description: 'The proof.', schema: growthView } },
  rejects: ['NOT_SEALED_YET'],
  handle: async ({ journal }, { query: { from, to }, response }) => {
    sendJson(response, presentGrowth(await journal.proveConsistency(from, to)));
  },
});
