import { randomInt } from 'node:crypto';
import type { Access } from './application/access/access.ts';
import { Auditor } from './application/audit/auditor.ts';
import { AccountCache } from './application/commit/account-cache.ts';
import { BatchSettler } from './application/commit/settle-batch.ts';
import { Snapshotter } from './application/commit/snapshotter.ts';
import type { Wording } from './application/commands/command.ts';
import { Proposals } from './application/approval/proposals.ts';
import { apiWording } from './http/presenters/answers.ts';
import { answerProposal } from './http/presenters/proposal.ts';
import { HoldSweeper } from './application/holds/hold-sweeper.ts';
import { Ledger, type LedgerDoor } from './application/ledger.ts';
import type { Clock } from './application/ports/clock.ts';
import type { Log } from './application/ports/log.ts';
import type { Storage } from './application/ports/storage.ts';
import { type Tracer, untraced } from './application/ports/tracer.ts';
import type { Row } from './application/ports/table.ts';
import { newId } from './application/new-id.ts';
import { queriesOver, type Queries } from './application/queries/queries.ts';

import { RebuildRunner, type RebuildRunnerParts } from './application/rebuilds/rebuild-runner.ts';
import { composeAccess } from './compose-access.ts';
import { composeAdministration } from './compose-administration.ts';
import type { Environment } from './config/environment.ts';
import type { EventId } from './domain/event/event-id.ts';
import { instant } from './domain/time/instant.ts';
import { journalQueriesOver } from './journal/journal-queries.ts';
import { Duty } from './application/duty.ts';
import { Sealer } from './journal/sealer.ts';
import type { SealerParts } from './journal/sealing.ts';
import type { Services } from './http/services.ts';

import { ledgerMetrics } from './metrics/ledger-metrics.ts';
import { MeteredDoor } from './metrics/metered-door.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import { projections } from './projections/index.ts';
import type { Projection } from './projections/projection.ts';

export const systemClock: Clock = { now: () => instant(Date.now()) };

/** The ledger over one storage. */
export type Daybook = {
  readonly ledger: Ledger;
  readonly queries: Queries;
  readonly services: Services;
  /** Says that the end is near: not ready any more, and connections are closed behind each answer. Commands are still taken. */
  readonly announceEnd: () => void;
  /** Takes no more commands, and resolves when all that were taken have their outcome. */
  readonly drain: () => Promise<void>;
};

export type Limits = Pick<
  Environment,
  | 'DAYBOOK_BATCH_LIMIT'
  | 'DAYBOOK_COMMIT_LANES'
  | 'DAYBOOK_QUEUE_LIMIT'
  | 'DAYBOOK_COMMAND_TIMEOUT_MS'
  | 'DAYBOOK_ACCOUNT_CACHE'
  | 'DAYBOOK_IDEMPOTENCY_KEY_DAYS'
  | 'DAYBOOK_APPROVAL_ABOVE'
  | 'DAYBOOK_PROPOSAL_DAYS'
>;

const DAY = 86_400_000;

export type Parts = {
  readonly clock: Clock;
  readonly projections: readonly Projection<Row>[];
  readonly wording: Wording;
  readonly metrics: ProcessMetrics;
  readonly tracer: Tracer;
  /** Left out: whoever asks may do everything. */
  readonly access: Access;
};

const approvalRuleOf = ({ DAYBOOK_APPROVAL_ABOVE: above, DAYBOOK_PROPOSAL_DAYS: days }: Limits) =>
  above && { above, keepFor: days * DAY, wording: answerProposal };

/** The writing side. */
const composeLedger = (
  { storage, limits, log, metrics }: { storage: Storage; limits: Limits; log: Log; metrics: ProcessMetrics },
  { clock = systemClock, projections: projected = projections, wording = apiWording, ...parts }: Partial<Parts>,
): { readonly ledger: Ledger; readonly drain: () => Promise<void> } => {
  const snapshotter = new Snapshotter(storage, log);
  const settler = new BatchSettler({
    storage,
    projections: projected,
    accounts: new AccountCache(storage, snapshotter, limits.DAYBOOK_ACCOUNT_CACHE, metrics),
    snapshotter,
    wording,
    approval: approvalRuleOf(limits),
    clock,
    log,
    meter: metrics,
    tracer: parts.tracer ?? untraced,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    keepKeysFor: limits.DAYBOOK_IDEMPOTENCY_KEY_DAYS * DAY,
  });
  const ledger = new Ledger(settler, {
    batch: limits.DAYBOOK_BATCH_LIMIT,
    lanes: limits.DAYBOOK_COMMIT_LANES,
    queue: limits.DAYBOOK_QUEUE_LIMIT,
    commandTimeout: limits.DAYBOOK_COMMAND_TIMEOUT_MS,
  });
  const drain = async (): Promise<void> => {
    await ledger.drain();
    await snapshotter.drain();
  };
  return { ledger, drain };
};

/** What a process serves over HTTP, wherever the ledger is that takes its commands. */
export type Front = Pick<Daybook, 'services' | 'announceEnd'>;

type FrontParts = Pick<Parts, 'clock' | 'metrics' | 'tracer'> & {
  /** What is counted by all processes behind one address, this one among them; left out: there are no others. */
  readonly ofAllProcesses: () => Promise<string>;
  /** Of the key that this process has: what the store says of it may have been written there by somebody else. */
  readonly ownKey: string;
  /** The name under which this process may commit for others. */
  readonly holder: string;
};

type NeededParts = Pick<Parts, 'access'> & { readonly limits: Pick<Limits, 'DAYBOOK_IDEMPOTENCY_KEY_DAYS'> };

export const composeFront = (
  storage: Storage,
  ledger: LedgerDoor,
  { access, limits, ownKey, holder, ...parts }: Partial<FrontParts> & NeededParts,
): Front => {
  const { clock = systemClock, metrics = new ProcessMetrics(), tracer = untraced } = parts;
  const { ofAllProcesses = () => metrics.registry.metrics() } = parts;
  let isEnding = false;
  const queries = queriesOver(storage, clock);
  const journal = journalQueriesOver(storage, clock);
  metrics.watchLine(() => ledger.waiting);
  const text = async (): Promise<string> =>
    (await Promise.all([ofAllProcesses(), ledgerMetrics({ queries, journal })])).join('\n');
  const isDraining = (): boolean => isEnding;
  const isSealingRefused = (): boolean => metrics.isSealingRefused;
  const administration = composeAdministration(storage, {
    ...{ clock, queries, journal, ledger, holder, isDraining, isSealingRefused },
    keepKeysFor: limits.DAYBOOK_IDEMPOTENCY_KEY_DAYS * DAY,
  });
  const services: Services = {
    ledger: new MeteredDoor(ledger, metrics),
    queries,
    proposals: new Proposals(storage, clock),
    journal,
    metrics: { answered: metrics.answered, text },
    clock,
    newEventId: () => newId() as EventId,
    pingStorage: () => storage.ping(),
    isMigrated: async () => (await storage.migrations()).every(({ appliedAt }) => appliedAt !== undefined),
    isDraining,
    isSealingRefused,
    ...(ownKey !== undefined && { ownKey }),
    access,
    tracer,
    ...administration,
  };
  return { services, announceEnd: () => void (isEnding = true) };
};

/** Every dependency of the application, built once. Its parts can be others in tests. */
export const composeDaybook = (storage: Storage, limits: Limits, log: Log, parts: Partial<Parts> = {}): Daybook => {
  const { metrics = new ProcessMetrics(), clock = systemClock } = parts;
  const { access = composeAccess(storage, 'open', log, clock) } = parts;
  const { ledger, drain } = composeLedger({ storage, limits, log, metrics }, parts);
  const front = composeFront(storage, ledger, { ...parts, metrics, access, limits });
  return {
    ...front,
    ledger,
    queries: front.services.queries,
    drain: async () => {
      front.announceEnd();
      await drain();
      await access.log.settle();
    },
  };
};

/** Who signs a journal, and what they have signed before. */
export type SealedBy = Pick<SealerParts, 'signer' | 'signed' | 'onRefusal'>;

/** What puts all events of a ledger into its journal. */
export const composeSealer = (storage: Storage, by: SealedBy, log: Log, clock = systemClock): Duty =>
  new Duty(new Sealer({ storage, ...by, clock, log }));

/** What holds the read models of a ledger against its events, and makes way for the commands that it takes. */
export const composeAuditor = (
  { ledger }: Pick<Daybook, 'ledger'>,
  storage: Storage,
  eventsPerSecond: number,
  log: Log,
): Duty => {
  const isBusy = (): boolean => ledger.waiting > 0;
  return new Duty(new Auditor({ storage, projections, clock: systemClock, log, eventsPerSecond, isBusy }));
};

/** What rebuilds the read models of a ledger when an administrator asks for it, and makes way for the commands that it takes. */
export const composeRebuilder = (
  { ledger }: Pick<Daybook, 'ledger'>,
  storage: Storage,
  parts: Pick<RebuildRunnerParts, 'openForRebuilds' | 'eventsPerSecond' | 'log'>,
): Duty => {
  const isBusy = (): boolean => ledger.waiting > 0;
  return new Duty(new RebuildRunner({ ...parts, storage, projections, clock: systemClock, isBusy }));
};

/** What ends the holds of a ledger whose time has come. */
export const composeSweeper = (storage: Storage, ledger: LedgerDoor, log: Log, clock = systemClock): Duty =>
  new Duty(new HoldSweeper({ storage, ledger, clock, log }));
