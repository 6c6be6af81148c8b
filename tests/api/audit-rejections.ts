import { randomUUID } from 'node:crypto';
import type { ProblemCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Reply } from '../support/api.ts';
import { opened } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;

const get =
  (path: string, headers: Record<string, string> = {}): Case =>
  (client) =>
    client.get(path, headers);

const picture = { Accept: 'image/png' };

/** Rejections of what an auditor asks, where nothing is sealed. */
export const auditCases: Readonly<Record<string, Partial<Record<ProblemCode, Case>>>> = {
  getTrialBalance: { EFFECTIVE_IN_FUTURE: get('/v1/trial-balance?knownAt=2999-01-01T00:00:00Z') },
  getCheckpoint: {
    NOT_ACCEPTABLE: get('/v1/journal/checkpoint', picture),
    NOT_SEALED_YET: get('/v1/journal/checkpoint'),
  },
  getJournalKey: { NOT_ACCEPTABLE: get('/v1/journal/key', picture), NOT_SEALED_YET: get('/v1/journal/key') },
  getProof: {
    EVENT_NOT_FOUND: get(`/v1/journal/proof?eventId=${randomUUID()}`),
    NOT_SEALED_YET: async (client) => {
      const { body } = await client.get(`/v1/accounts/${await opened(client)}/events`);
      const [event] = body.events as readonly { readonly eventId: string }[];
      return client.get(`/v1/journal/proof?eventId=${event?.eventId ?? ''}`);
    },
  },
  getConsistency: { NOT_SEALED_YET: get('/v1/journal/consistency?from=0&to=1') },
};
