import type { Response } from 'express';
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import type { Services } from '../services.ts';
import { healthView, readinessView } from '../schemas/health-views.ts';
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

type Standing = { readonly position: number; readonly lagMs: number };

// The journal is a moment behind at any time, and commands never wait for it.
const LONGEST_LAG = 60_000;

/** Undefined where the store does not say. */
const standingOf = ({ journal }: Services): Promise<Standing | undefined> => journal.standing().catch(() => undefined);

/** Undefined where nothing was audited yet, or the store does not say. */
const auditOf = async ({ queries, access }: Services) => {
  const standing = await queries.auditStanding().catch(() => undefined);
  if (!standing) return undefined;
  const { auditedAt, accounts, passes, drift, driftCount } = standing;
  // Anybody may ask how it is. Which accounts are wrong is for those who may see them: the log says it, too.
  const told = access.isOpen ? drift : [];
  return { ...(auditedAt && { auditedAt: auditedAt.toISOString() }), accounts, passes, drift: told, driftCount };
};

const isInTime = (standing: Standing | undefined): boolean => standing === undefined || standing.lagMs <= LONGEST_LAG;

const hasDrift = (audit: { readonly driftCount: number } | undefined): boolean =>
  audit !== undefined && audit.driftCount > 0;

const look = async (services: Services) => {
  const checks = {
    storage: await checkStorage(services),
    acceptingCommands: services.isDraining() ? ('unavailable' as const) : ('ok' as const),
  };
  const status: Check = Object.values(checks).every((check) => check === 'ok') ? 'ok' : 'unavailable';
  return { status, checks, commandsWaiting: services.ledger.waiting };
};

const answer = (response: Response, health: { readonly status: Check | 'degraded' }): void => {
  const isServing = health.status !== 'unavailable';
  send(response, {
    status: isServing ? 200 : 503,
    type: 'application/json',
    body: JSON.stringify(health),
    headers: { ...noStore, ...(!isServing && RETRY_AFTER) },
  });
};

const documents = (schema: z.ZodType) => ({
  200: { description: 'It serves.', schema },
  503: { description: 'Something is missing; `checks` says what.', schema },
});

const checked = { method: 'get' as const, tag: 'Health', scope: 'none' as const, rejects: [] };

export const getHealth = defineEndpoint({
  ...checked,
  path: '/health',
  id: 'getHealth',
  summary: 'What works and what does not',
  answers: documents(healthView),
  handle: async (services, { response }) => {
    const health = await look(services);
    if (health.status !== 'ok') {
      answer(response, health);
      return;
    }
    const [journal, audit] = await Promise.all([standingOf(services), auditOf(services)]);
    const isRefused = services.isSealingRefused();
    const isWell = !isRefused && isInTime(journal) && !hasDrift(audit);
    const status = isWell ? health.status : 'degraded';
    answer(response, {
      ...health,
      status,
      ...(journal && { journal: { ...journal, isRefused } }),
      ...(audit && { audit }),
    });
  },
});

export const getReadiness = defineEndpoint({
  ...checked,
  path: '/health/ready',
  id: 'getReadiness',
  summary: 'Whether this process should be sent requests',
  answers: documents(readinessView),
  handle: async (services, { response }) => answer(response, await look(services)),
});

export const getLiveness = defineEndpoint({
  method: 'get',
  path: '/health/live',
  id: 'getLiveness',
  tag: 'Health',
  scope: 'none',
  summary: 'Whether this process runs; restart it when this does not answer',
  answers: { 200: { description: 'It runs.', schema: z.strictObject({ status: z.literal('ok') }) } },
  rejects: [],
  handle: (_services, { response }) => {
    send(response, { status: 200, type: 'application/json', body: JSON.stringify({ status: 'ok' }), headers: noStore });
  },
});
