import type { NewEvent, RecordedEvent } from '../../domain/account/account-event.ts';
import { isOpened, versionOf } from '../../domain/account/account-state.ts';
import { schemaVersions } from '../../domain/account/upcasters.ts';
import { DomainError, domainErrorCodes } from '../../domain/domain-error.ts';
import { type Instant, latest } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import type { Answer, Command, Wording } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import { idempotencyKeyIdOf } from './claims.ts';
import { type BatchBasis, groundOf, WorkingSet } from './working-set.ts';

/** Commands that stand or fall together; most often one. */
export type Submission = readonly Command[];

/** The answer to a command, and whether it is the repeated answer to an earlier one. */
export type Outcome = { readonly answer: Answer; readonly replayed: boolean };

/** A command that was accepted, and what it changes. */
export type Recording = { readonly command: Command; readonly changes: readonly Change[]; readonly answer: Answer };

/** What becomes of a submission, once the batch is committed. */
export type Decision =
  /** An outcome for each command; those that are replayed record nothing. */
  | { readonly kind: 'accepted'; readonly outcomes: readonly Outcome[]; readonly recordings: readonly Recording[] }
  | {
      readonly kind: 'rejected';
      readonly error: DomainError;
      /** Which command of the submission it was. */
      readonly index: number;
      /** The rejection rests on what an account is, which may be newer in the store than here. */
      readonly isOfAccounts: boolean;
    };

/** Rejects with IDEMPOTENCY_KEY_REUSED. The first answer where this very request was answered before. */
const earlierAnswer = ({ envelope }: Command, working: WorkingSet): Answer | undefined => {
  const id = idempotencyKeyIdOf(envelope);
  const earlier = id === undefined ? undefined : working.earlierAnswer(id);
  if (earlier && earlier.requestHash !== envelope.idempotency?.requestHash)
    throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  return earlier?.answer;
};

/** Rejects with TRANSACTION_ALREADY_RECORDED. */
const mustBeNewTransaction = ({ envelope: { transactionId } }: Command, working: WorkingSet): void => {
  const eventId = transactionId === undefined ? undefined : working.eventOfTransaction(transactionId);
  if (transactionId === undefined || eventId === undefined) return;
  throw new DomainError('TRANSACTION_ALREADY_RECORDED', { transactionId, eventId });
};

/** Rejects with TRANSFER_ALREADY_EXISTS. */
const mustBeNewTransfer = ({ wish }: Command, working: WorkingSet): void => {
  const transferId = handlerOf(wish).newTransferId?.(wish);
  if (transferId === undefined || !working.hasTransfer(transferId)) return;
  throw new DomainError('TRANSFER_ALREADY_EXISTS', { transferId });
};

/** The rejection that If-Match asks for, where the account exists in another version. */
const versionMismatch = ({ expected }: Command['envelope'], working: WorkingSet): DomainError | undefined => {
  if (!expected) return undefined;
  const version = versionOf(working.get(expected.accountId));
  if (version === 0 || expected.versions.includes(version)) return undefined;
  return new DomainError('VERSION_MISMATCH', { accountId: expected.accountId, version: version.toString() });
};

/** Of two rejections that apply, the one that is documented first. */
const earlier = (left: DomainError, right: unknown): unknown => {
  if (!(right instanceof DomainError)) return right;
  return domainErrorCodes.indexOf(left.code) < domainErrorCodes.indexOf(right.code) ? left : right;
};

/** The facts. Rejects as the handler does, and with VERSION_MISMATCH in its place among the handler's rejections. */
const decideExpected = ({ wish, envelope }: Command, working: WorkingSet, recordedAt: Instant): readonly NewEvent[] => {
  const mismatch = versionMismatch(envelope, working);
  try {
    const events = handlerOf(wish).decide(wish, working, { recordedAt, eventIds: envelope.eventIds });
    if (!mismatch) return events;
  } catch (error) {
    throw mismatch ? earlier(mismatch, error) : error;
  }
  throw mismatch;
};

const recorded = (
  event: NewEvent,
  { wish, envelope }: Command,
  version: number,
  recordedAt: Instant,
): RecordedEvent => ({
  ...event,
  version,
  schemaVersion: schemaVersions[event.type],
  metadata: {
    correlationId: envelope.correlationId,
    causationId: envelope.correlationId,
    actor: envelope.actor,
    command: wish.type,
    ...(envelope.idempotency && { idempotencyKey: envelope.idempotency.key }),
    ...(envelope.transactionId !== undefined && { transactionId: envelope.transactionId }),
  },
  recordedAt,
});

type Judgement =
  | { readonly kind: 'replayed'; readonly answer: Answer }
  | { readonly kind: 'new'; readonly events: readonly NewEvent[]; readonly recordedAt: Instant }
  | { readonly kind: 'refused'; readonly error: DomainError; readonly isOfAccounts: boolean };

/** What the rules say to a command. Nothing is changed by it. */
const judge = (command: Command, now: Instant, working: WorkingSet): Judgement => {
  let isOfAccounts = false;
  try {
    const answer = earlierAnswer(command, working);
    if (answer) return { kind: 'replayed', answer };
    mustBeNewTransaction(command, working);
    mustBeNewTransfer(command, working);
    isOfAccounts = true;
    const accounts = handlerOf(command.wish).streamsOf(command.wish).map(working.stream);
    // Clocks of several processes differ, and one may step back: time never runs backwards within a stream.
    const recordedAt = latest(now, ...accounts.filter(isOpened).map((account) => account.recordedAt));
    return { kind: 'new', events: decideExpected(command, working, recordedAt), recordedAt };
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'refused', error, isOfAccounts };
    throw error;
  }
};

const record = (
  command: Command,
  { events, recordedAt }: Extract<Judgement, { kind: 'new' }>,
  wording: Wording,
  working: WorkingSet,
): Recording => {
  const changes = events.map((event) =>
    working.apply(recorded(event, command, versionOf(working.stream(event.streamId)) + 1, recordedAt)),
  );
  const answer = wording(command.wish, changes);
  working.use(command, answer);
  return { command, changes, answer };
};

const decideSubmission = (submission: Submission, { now, wording }: BatchBasis, working: WorkingSet): Decision => {
  const outcomes: Outcome[] = [];
  const recordings: Recording[] = [];
  for (const [index, command] of submission.entries()) {
    const judgement = judge(command, now, working);
    if (judgement.kind === 'refused') return { ...judgement, kind: 'rejected', index };
    if (judgement.kind === 'replayed') {
      outcomes.push({ answer: judgement.answer, replayed: true });
      continue;
    }
    const recording = record(command, judgement, wording, working);
    recordings.push(recording);
    outcomes.push({ answer: recording.answer, replayed: false });
  }
  return { kind: 'accepted', outcomes, recordings };
};

/**
 * Decides every submission of a batch, in arrival order, each on what those before it leave behind. Pure; a rejected one leaves no
 * trace.
 */
export const decideBatch = (batch: readonly Submission[], basis: BatchBasis): readonly Decision[] => {
  const working = new WorkingSet(groundOf(basis));
  return batch.map((submission) => {
    // A command is refused before it leaves a trace; of several, those before it have left theirs.
    if (submission.length === 1) return decideSubmission(submission, basis, working);
    const attempt = new WorkingSet(working);
    const decision = decideSubmission(submission, basis, attempt);
    if (decision.kind === 'accepted') working.keep(attempt);
    return decision;
  });
};
