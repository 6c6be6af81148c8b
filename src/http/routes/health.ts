import type { Response } from 'express';
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import type { Services } from '../services.ts';
import { healthView, readinessView } from '../schemas/health-views.ts';
import { RETRY_AFTER, send } from '../send.ts';

const noStore = { 'Cache-Control': 'no-store' };

type Check = 'ok' | 'unavailable';

/** What cannot be found out is not there. */
const checkOf = (found: Promise<unknown>): Promise<Check> =>
  found.then(
    (isThere) => (isThere === false ? 'unavailable' : 'ok'),
    () => 'unavailable',
  );

type Standing = { readonly position: number; readonly lagMs: number };

// The journal is a moment behind at any time, and commands never wait for it.
const LONGEST_LAG = 60_000;

/** Undefined where the store does not say. */
const standingOf = ({ journal }: Services): Promise<Standing | undefined> => journal.standing().catch(() => undefined);

/**
 * Anybody may ask how it is. Which accounts are wrong, how many accounts there are and how many events, is for those who may see them:
 * of these, the status tells an administrator, and the metrics an auditor.
 */
const toldToAnybody = <T>({ access }: Services, told: T): T | undefined => (access.isOpen ? told : undefined);

const journalOf = (services: Services, { position, lagMs }: Standing) => ({
  ...toldToAnybody(services, { position }),
  lagMs,
  isRefused: services.isSealingRefused(),
});

/** Undefined where nothing was audited yet, or the store does not say. */
const auditOf = async (services: Services) => {
  const standing = await services.queries.auditStanding().catch(() => undefined);
  if (!standing) return undefined;
  const { auditedAt, accounts, passes, drift, driftCount } = standing;
  const told = toldToAnybody(services, { accounts, passes, drift });
  return { ...(auditedAt && { auditedAt: auditedAt.toISOString() }), ...told, driftCount };
};

const isInTime = (standing: Standing | undefined): boolean => standing === undefined || standing.lagMs <= LONGEST_LAG;

const hasDrift = (audit: { readonly driftCount: number } | undefined): boolean =>
  audit !== undefined && audit.driftCount > 0;

const look = async (services: Services) => {
  const [storage, migrations] = await Promise.all([checkOf(services.pingStorage()), checkOf(services.isMigrated())]);
  const acceptingCommands: Check = services.isDraining() ? 'unavailable' : 'ok';
  const checks = { storage, migrations, acceptingCommands };
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
    const isWell = !services.isSealingRefused() && isInTime(journal) && !hasDrift(audit);
    const status = isWell ? health.status : 'degraded';
    answer(response, {
      ...health,
      status,
      ...(journal && { journal: journalOf(services, journal) }),
      ...(audit && { audit }),
    });
  },
});

export const getReadiness = defineEndpoint({
  ...checked,
  path: '/health/ready',
  id: 'getReadiness',
  summary: 'Whether this process should be sent requests',
  description:
    'It should not while the primary of the store does not answer, the store lacks a migration of this release, or the process is being stopped. How long events wait ' +
    'to be sealed is told as well, and no reason: commands do not wait for it, and no other process would be better.',
  answers: documents(readinessView),
  handle: async (services, { response }) => {
    const [readiness, journal] = await Promise.all([look(services), standingOf(services)]);
    answer(response, { ...readiness, ...(journal && { journal: { lagMs: journal.lagMs } }) });
  },
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
