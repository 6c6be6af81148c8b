import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '../../domain/account/account-id.ts';
import type { Projection } from '../../projections/projection.ts';
import type { Wording } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Tracer } from '../ports/tracer.ts';
import { OutcomeUnknown, StorageUnavailable, VersionConflict } from '../ports/storage-errors.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row } from '../ports/table.ts';
import type { AccountCache } from './account-cache.ts';
import { type Decision, decideBatch, type Outcome, type Submission } from './decide-batch.ts';
import { lookUpFacts, lookUpProposals, lookUpReversedTotals, nothingUsed } from './facts.ts';
import type { ApprovalRule } from '../approval/approval-rule.ts';
import { CommandRejected, LedgerError } from './ledger-error.ts';
import { recordBatch } from './record-batch.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { BatchBasis } from './working-set.ts';
import { isSnapshotVersion } from '../replay/snapshot.ts';

/** A submission that waits for its outcome. */
export type Pending = {
  readonly submission: Submission;
  /** By `performance.now()`, which never jumps; past it the submission is not begun any more. */
  readonly deadline: number;
  /** Asked before every attempt; once false, the submission is not begun any more. */
  readonly isWanted: () => boolean;
  /** With one outcome for each command. */
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  /** With a CommandRejected or a LedgerError; with anything else where there is a bug. */
  readonly reject: (error: unknown) => void;
};

export type BatchDependencies = {
  readonly storage: Storage;
  readonly projections: readonly Projection<Row>[];
  readonly accounts: AccountCache;
  readonly snapshotter: Snapshotter;
  readonly wording: Wording;
  /** Left out: nothing needs approval. */
  readonly approval?: ApprovalRule | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly tracer: Tracer;
  /** 0 ≤ random() < 1: spreads retries of several processes. */
  readonly random: () => number;
  readonly keepKeysFor: number;
};

// A batch is tried whole this often, then in halves; a single command is tried this often before its caller hears of it.
const WHOLE_BATCH_ATTEMPTS = 3;
const SINGLE_ATTEMPTS = 12;
const LONGEST_PAUSE = 200;
const UNAVAILABLE_RETRIES = 1;

// Every answer brings the next request of its caller. All those of a large batch in one turn of the event loop would keep a reader waiting;
// a few at a time wake the callers and this process once for each few, which costs more than the answers (ADR 0012).
const ANSWERS_A_TURN = 32;

const streamsOf = (batch: readonly Pending[]): readonly StreamId[] =>
  batch.flatMap(({ submission }) => submission.flatMap(({ wish }) => handlerOf(wish).streamsOf(wish)));

/** Takes one batch from waiting commands to outcomes: look up, load, decide, record, answer; and again where others were faster. */
export class BatchSettler {
  #expectsRepeats = false;
  #answering = 0;

  constructor(private readonly dependencies: BatchDependencies) {}

  /** Every command of the batch is resolved or rejected when this resolves; it never rejects. */
  async settle(batch: readonly Pending[], attempt = 0): Promise<void> {
    const waiting = this.#expire(batch);
    if (waiting.length === 0) return;
    try {
      const decisions = await this.#decide(waiting, attempt);
      await this.#record(decisions);
      this.#expectsRepeats = decisions.some(isRepeat);
      this.#answer(waiting, decisions);
    } catch (error) {
      // Whatever happened, the store knows better now what these accounts are.
      this.dependencies.accounts.forget(streamsOf(waiting));
      await this.#recover(waiting, error, attempt + 1);
    }
  }

  /** Resolves when everybody whose batch is settled has heard of it. */
  async answered(): Promise<void> {
    while (this.#answering > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #answer(batch: readonly Pending[], decisions: readonly Decision[], from = 0): void {
    const to = Math.min(from + ANSWERS_A_TURN, batch.length);
    for (let index = from; index < to; index += 1) answer(batch[index] as Pending, decisions[index]);
    if (from === 0) this.#answering += 1;
    if (to < batch.length) setImmediate(() => this.#answer(batch, decisions, to));
    else this.#answering -= 1;
  }

  #expire(batch: readonly Pending[]): readonly Pending[] {
    const now = performance.now();
    const inTime = batch.filter(({ deadline, isWanted }) => deadline >= now && isWanted());
    if (inTime.length === batch.length) return batch;
    const kept = new Set(inTime);
    for (const pending of batch) if (!kept.has(pending)) pending.reject(new LedgerError('UNAVAILABLE'));
    return inTime;
  }

  /**
   * Nearly every key is new, and the store refuses one that is not: so a batch is first decided without asking, unless the last one
   * had repeats. When somebody was told no, or the store refused, what was used before is looked up.
   */
  async #decide(batch: readonly Pending[], attempt: number): Promise<readonly Decision[]> {
    const { storage, accounts, clock, wording, approval } = this.dependencies;
    const submissions = batch.map(({ submission }) => submission);
    const commands = submissions.flat();
    const loaded = await accounts.load(streamsOf(batch));
    for (let isSure = attempt > 0 || this.#expectsRepeats; ; isSure = true) {
      const reversedTotals = await lookUpReversedTotals(storage, commands);
      const proposals = await lookUpProposals(storage, commands);
      // The first answer to a key can have been committed between two of our reads: then what it did must not make us refuse it.
      // So a "no" is only final where the key was looked up after everything else.
      const facts = isSure ? await lookUpFacts(storage, commands) : nothingUsed;
      const read = { accounts: loaded, reversedTotals, proposals, facts };
      const basis: BatchBasis = { ...read, now: clock.now(), wording, approval };
      const decisions = decideBatch(submissions, basis);
      // A cached account may be stale: another process can have paid in since. So a "no" is only final after a fresh read.
      const doubtful = doubtfulStreams(batch, decisions, basis);
      const isFinal = isSure || decisions.every(({ kind }) => kind !== 'rejected');
      if (isFinal && doubtful.length === 0) return decisions;
      for (const [streamId, fresh] of await accounts.reload(doubtful)) loaded.set(streamId, fresh);
    }
  }

  async #record(decisions: readonly Decision[]): Promise<void> {
    const { storage, projections, accounts, snapshotter, clock, keepKeysFor, meter, tracer } = this.dependencies;
    const recordings = decisions.flatMap((decision) => (decision.kind === 'accepted' ? decision.recordings : []));
    if (recordings.length === 0) return;
    const begun = performance.now();
    const commands = recordings.map(({ command }) => command);
    const record = () => recordBatch(storage, projections, recordings, { now: new Date(clock.now()), keepKeysFor });
    await tracer.commit(commands, record);
    meter.committed(recordings.length, (performance.now() - begun) / 1_000);
    const changes = recordings.flatMap(({ changes: ofCommand }) => ofCommand);
    for (const { event, after } of changes) accounts.remember(event.streamId, after);
    snapshotter.keep(changes.map(({ after }) => after).filter(({ version }) => isSnapshotVersion(version)));
  }

  async #recover(batch: readonly Pending[], error: unknown, attempt: number): Promise<void> {
    if (error instanceof VersionConflict) await this.#retry(batch, error, attempt);
    // A connection that broke is no reason to trouble the callers; a store that is away is.
    else if (error instanceof StorageUnavailable && attempt <= UNAVAILABLE_RETRIES) {
      this.dependencies.meter.retried('unavailable');
      await this.settle(batch, attempt);
    } else if (error instanceof OutcomeUnknown) rejectAll(batch, new LedgerError('OUTCOME_UNKNOWN', { cause: error }));
    else if (error instanceof StorageUnavailable) rejectAll(batch, new LedgerError('UNAVAILABLE', { cause: error }));
    // A bug, or a damaged stream. Whichever command carries it must not take the others along.
    else if (batch.length > 1) await this.#settleHalves(batch);
    else rejectAll(batch, error);
  }

  async #retry(batch: readonly Pending[], error: VersionConflict, attempt: number): Promise<void> {
    const { log, random, meter } = this.dependencies;
    // The first is in the nature of things: a repeated key is found out by it.
    if (attempt > 1) log.info({ attempt, submissions: batch.length }, 'conflict, deciding again');
    if (batch.length === 1 && attempt >= SINGLE_ATTEMPTS) {
      rejectAll(batch, new LedgerError('CONCURRENCY_CONFLICT', { cause: error }));
      return;
    }
    meter.retried('conflict');
    await sleep(Math.min(LONGEST_PAUSE, 2 ** attempt) * random());
    if (batch.length > 1 && attempt >= WHOLE_BATCH_ATTEMPTS) await this.#settleHalves(batch);
    else await this.settle(batch, attempt);
  }

  async #settleHalves(batch: readonly Pending[]): Promise<void> {
    this.dependencies.meter.retried('halved');
    const middle = Math.ceil(batch.length / 2);
    // Not as a first attempt: what was used before has made trouble once, and is looked up from now on.
    await this.settle(batch.slice(0, middle), 1);
    await this.settle(batch.slice(middle), 1);
  }
}

/** Accounts known from memory only, on which a command of the batch was rejected. */
const doubtfulStreams = (
  batch: readonly Pending[],
  decisions: readonly Decision[],
  { accounts }: BatchBasis,
): readonly StreamId[] => {
  const rejected = batch.filter((_, index) => {
    const decision = decisions[index];
    return decision?.kind === 'rejected' && decision.isOfAccounts;
  });
  return [...new Set(streamsOf(rejected))].filter((streamId) => accounts.get(streamId)?.fresh === false);
};

/** Whether something of it had been used before. */
const isRepeat = (decision: Decision): boolean =>
  decision.kind === 'rejected' ? !decision.isOfAccounts : decision.outcomes.some(({ replayed }) => replayed);

const answer = (pending: Pending, decision: Decision | undefined): void => {
  if (decision?.kind === 'rejected') pending.reject(new CommandRejected(decision.error, decision.index));
  else if (decision) pending.resolve(decision.outcomes);
};

const rejectAll = (batch: readonly Pending[], error: unknown): void => {
  for (const pending of batch) pending.reject(error);
};
