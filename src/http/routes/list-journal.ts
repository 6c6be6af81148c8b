import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentEntry } from '../presenters/journal.ts';
import { journalLimit, position } from '../schemas/journal.ts';
import { journalView } from '../schemas/journal-views.ts';
import { sendJson } from './answer.ts';

export const listJournal = defineEndpoint({
  method: 'get',
  path: '/v1/journal',
  id: 'listJournal',
  tag: 'Journal',
  scope: 'audit:read',
  summary: 'Every event of the ledger in the order of commits',
  description:
    'Positions are dense, begin with 1 and never change. Ask again with `after` set to the last position that you have; whoever has ' +
    '`lastPosition` has all that is sealed. An event is as it was recorded: in the canonical form of RFC 8785 it is what `leafHash` is of.',
  query: z.strictObject({
    after: position
      .default(0)
      .meta({ description: 'The position of the last entry that you have; 0, the default, for none.' }),
    limit: journalLimit,
  }),
  answers: { 200: { description: 'The entries behind that position.', schema: journalView } },
  rejects: [],
  handle: async ({ journal }, { query: { after, limit }, response }) => {
    const { entries, lastPosition } = await journal.entriesBehind(after, limit);
    sendJson(response, { entries: entries.map(presentEntry), lastPosition });
  },
});
