import type { NewEvent } from '../../domain/account/account-event.ts';
import { isOpened, versionOf } from '../../domain/account/account-state.ts';
import { schemaVersions } from '../../domain/account/upcasters.ts';
import { DomainError, domainErrorCodes } from '../../domain/domain-error.ts';
import { type Instant, latest } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import type { RowChange } from '../access/recorded-act.ts';
import type { ProposalRow } from '../approval/proposal.ts';
import type { Answer, Command, Wording } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import { approvalOf, approvedBy, metadataOf, proposedFor } from './approvals.ts';
import { idempotencyKeyIdOf } from './claims.ts';
import { type BatchBasis, groundOf, WorkingSet } from './working-set.ts';

/** Commands that stand or fall together; most often one. */
export type Submission = readonly Command[];

/** The answer to a command, and whether it is the repeated answer to an earlier one. */
export type Outcome = { readonly answer: Answer; readonly replayed: boolean };

/** A command that was accepted, and what it changes: nothing where it is only proposed. */
export type Recording = {
  readonly command: Command;
  readonly changes: readonly Change[];
  readonly answer: Answer;
  /** What it was kept as, or was until now. */
  readonly proposal?: RowChange<ProposalRow>;
};

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

type Judgement =
  | { readonly kind: 'replayed'; readonly answer: Answer }
  | {
      readonly kind: 'new';
      readonly events: readonly NewEvent[];
      readonly recordedAt: Instant;
      readonly approved: ProposalRow | undefined;
    }
  | { readonly kind: 'proposed'; readonly proposal: ProposalRow }
  | { readonly kind: 'refused'; readonly error: DomainError; readonly isOfAccounts: boolean };

/** What the rules say to a command. Nothing is changed by it. */
const judge = (command: Command, basis: BatchBasis, working: WorkingSet): Judgement => {
  let isOfAccounts = false;
  try {
    const answer = earlierAnswer(command, working);
    if (answer) return { kind: 'replayed', answer };
    const approved = approvedBy(command, basis.now, working);
    mustBeNewTransaction(command, working);
    mustBeNewTransfer(command, working);
    isOfAccounts = true;
    const accounts = handlerOf(command.wish).streamsOf(command.wish).map(working.stream);
    // Clocks of several processes differ, and one may step back: time never runs backwards within a stream.
    const recordedAt = latest(basis.now, ...accounts.filter(isOpened).map((account) => account.recordedAt));
    const events = decideExpected(command, working, recordedAt);
    const proposal = approved ? undefined : proposedFor(command, events, basis);
    return proposal ? { kind: 'proposed', proposal } : { kind: 'new', events, recordedAt, approved };
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'refused', error, isOfAccounts };
    throw error;
  }
};

const record = (
  command: Command,
  { events, recordedAt, approved }: Extract<Judgement, { kind: 'new' }>,
  wording: Wording,
  working: WorkingSet,
): Recording => {
  const metadata = metadataOf(command, approved);
  const changes = events.map((event) => {
    const version = versionOf(working.stream(event.streamId)) + 1;
    const schemaVersion = schemaVersions[event.type];
    return working.apply({ ...event, version, schemaVersion, metadata, recordedAt });
  });
  const answer = wording(command.wish, changes);
  working.use(command, answer);
  if (!approved) return { command, changes, answer };
  const proposal = approvalOf(approved, command, changes, recordedAt);
  working.decide(proposal.row);
  return { command, changes, answer, proposal };
};

/** Nothing is used up by what is only proposed but its key. */
const recordProposal = (
  command: Command,
  row: ProposalRow,
  { approval }: BatchBasis,
  working: WorkingSet,
): Recording => {
  if (!approval) throw new Error('proposed, and nothing needs approval');
  const answer = approval.wording(row);
  working.answer(command, answer);
  return { command, changes: [], answer, proposal: { kind: 'insert', row } };
};

const decideSubmission = (submission: Submission, basis: BatchBasis, working: WorkingSet): Decision => {
  const outcomes: Outcome[] = [];
  const recordings: Recording[] = [];
  for (const [index, command] of submission.entries()) {
    const judgement = judge(command, basis, working);
    if (judgement.kind === 'refused') return { ...judgement, kind: 'rejected', index };
    if (judgement.kind === 'replayed') {
      outcomes.push({ answer: judgement.answer, replayed: true });
      continue;
    }
    const recording =
      judgement.kind === 'proposed'
        ? recordProposal(command, judgement.proposal, basis, working)
        : record(command, judgement, basis.wording, working);
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
