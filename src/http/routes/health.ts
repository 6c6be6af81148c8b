import type { Response } from 'express';
import { z } from 'zod';
import { defineEndpoint, type Services } from '../endpoint.ts';
import { healthView } from '../schemas/views.ts';
import { RETRY_AFTER, send } from '../send.ts';

const noStore = { 'Cache-Control': 'no-store' };

type Check = 'ok' | 'unavailable';

const checkStorage = async ({ pingStorage }: Services): Promise<Check> => {
  try {
    await pingStorage();
    return 'ok';
  } catch {
    return 'unavailable';
  }
};

const answer = async (services: Services, response: Response): Promise<void> => {
  const checks = {
    storage: await checkStorage(services),
    acceptingCommands: services.isDraining() ? 'unavailable' : 'ok',
  };
  const isWell = Object.values(checks).every((check) => check === 'ok');
  const health = { status: isWell ? 'ok' : 'unavailable', checks, commandsWaiting: services.ledger.waiting };
  send(response, {
    status: isWell ? 200 : 503,
    type: 'application/json',
    body: JSON.stringify(health),
    headers: { ...noStore, ...(!isWell && RETRY_AFTER) },
  });
};

const documents = {
  200: { description: 'All is well.', schema: healthView },
  503: { description: 'Something is missing; `checks` says what.', schema: healthView },
};

const checked = { method: 'get' as const, tag: 'Health', answers: documents, rejects: [] };

export const getHealth = defineEndpoint({
  ...checked,
  path: '/health',
  id: 'getHealth',
  summary: 'What works and what does not',
  handle: async (services, { response }) => answer(services, response),
});

export const getReadiness = defineEndpoint({
  ...checked,
  path: '/health/ready',
  id: 'getReadiness',
  summary: 'Whether this process should be sent requests',
  handle: async (services, { response }) => answer(services, response),
});

export const getLiveness = defineEndpoint({
  method: 'get',
  path: '/health/live',
  id: 'getLiveness',
  tag: 'Health',
  summary: 'Whether this process runs; restart it when this does not answer',
  answers: { 200: { description: 'It runs.', schema: z.strictObject({ status: z.literal('ok') }) } },
  rejects: [],
  handle: (_services, { response }) => {
    send(response, { status: 200, type: 'application/json', body: JSON.stringify({ status: 'ok' }), headers: noStore });
  },
});
