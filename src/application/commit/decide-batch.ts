import type { NewEvent, RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, initialState, isOpened, versionOf } from '../../domain/account/account-state.ts';
import { evolve } from '../../domain/account/evolve.ts';
import { schemaVersions } from '../../domain/account/upcasters.ts';
import { DomainError, domainErrorCodes } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, NO_MONEY } from '../../domain/money/money.ts';
import { type Instant, latest } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import type { Answer, Command, KnownAccounts } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { LoadedAccount } from './account-cache.ts';
import { answerOf, idempotencyKeyIdOf } from './claims.ts';
import type { Facts, ReversedTotals } from './facts.ts';

/** Everything a batch is decided on, read before the first decision. */
export type BatchBasis = {
  readonly accounts: ReadonlyMap<StreamId, LoadedAccount>;
  readonly reversedTotals: ReversedTotals;
  readonly facts: Facts;
  readonly now: Instant;
};

export type Accepted = { readonly kind: 'accepted'; readonly changes: readonly Change[]; readonly answer: Answer };

/** What becomes of one command of the batch, once the batch is committed. */
export type Decision =
  | Accepted
  | { readonly kind: 'replayed'; readonly answer: Answer }
  /** `isOfAccounts`: the rejection rests on what an account is, which may be newer in the store than here. */
  | { readonly kind: 'rejected'; readonly error: DomainError; readonly isOfAccounts: boolean };

/** The ledger as it will be when the decisions made so far are committed. */
class WorkingSet implements KnownAccounts {
  readonly #accounts = new Map<StreamId, Account>();
  readonly #reversedTotals = new Map<EventId, MinorUnits>();
  readonly keys = new Map<string, { requestHash: string; answer: Answer }>();
  readonly transactionIds = new Map<string, string>();
  readonly transferIds = new Set<string>();

  constructor(private readonly basis: BatchBasis) {}

  readonly stream = (streamId: StreamId): Account =>
    this.#accounts.get(streamId) ?? this.basis.accounts.get(streamId)?.account ?? initialState();

  readonly get = (accountId: AccountId): Account => this.stream(streamIdOf(accountId));

  readonly reversedTotal = (eventId: EventId): MinorUnits =>
    this.#reversedTotals.get(eventId) ?? this.basis.reversedTotals.get(eventId) ?? NO_MONEY;

  apply(event: RecordedEvent): Change {
    const before = this.stream(event.streamId);
    const after = evolve(before, event);
    if (!isOpened(after)) throw new Error(`${event.type} decided on an account that was never opened`);
    this.#accounts.set(event.streamId, after);
    if (event.type === 'TransactionReversed') {
      this.#reversedTotals.set(event.data.originalEventId, event.data.reversedTotal);
    }
    return { event, before, after };
  }
}

/** Rejects with IDEMPOTENCY_KEY_REUSED. The first answer where this very request was answered before. */
const earlierAnswer = ({ envelope }: Command, { facts }: BatchBasis, working: WorkingSet): Answer | undefined => {
  const id = idempotencyKeyIdOf(envelope);
  if (id === undefined) return undefined;
  const row = facts.keys.get(id);
  const earlier = row ? { requestHash: row.requestHash, answer: answerOf(row) } : working.keys.get(id);
  if (earlier && earlier.requestHash !== envelope.idempotency?.requestHash)
    throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  return earlier?.answer;
};

/** Rejects with TRANSACTION_ALREADY_RECORDED. */
const mustBeNewTransaction = ({ envelope }: Command, { facts }: BatchBasis, working: WorkingSet): void => {
  const { transactionId } = envelope;
  if (transactionId === undefined) return;
  const eventId = facts.transactionIds.get(transactionId)?.eventId ?? working.transactionIds.get(transactionId);
  if (eventId !== undefined) throw new DomainError('TRANSACTION_ALREADY_RECORDED', { transactionId, eventId });
};

/** Rejects with TRANSFER_ALREADY_EXISTS. */
const mustBeNewTransfer = ({ wish }: Command, { facts }: BatchBasis, working: WorkingSet): void => {
  const transferId = handlerOf(wish).newTransferId?.(wish);
  if (transferId === undefined) return;
  if (facts.transferIds.has(transferId) || working.transferIds.has(transferId)) {
    throw new DomainError('TRANSFER_ALREADY_EXISTS', { transferId });
  }
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

const accept = (command: Command, basis: BatchBasis, working: WorkingSet): Accepted => {
  const { wish, envelope } = command;
  const accounts = handlerOf(wish).streamsOf(wish).map(working.stream);
  // Clocks of several processes differ, and one may step back: time never runs backwards within a stream.
  const recordedAt = latest(basis.now, ...accounts.filter(isOpened).map((account) => account.recordedAt));
  const events = decideExpected(command, working, recordedAt);
  const changes = events.map((event) =>
    working.apply(recorded(event, command, versionOf(working.stream(event.streamId)) + 1, recordedAt)),
  );
  return { kind: 'accepted', changes, answer: envelope.answer(changes) };
};

/** Remembers what this command used up, for those behind it in the batch. */
const use = ({ wish, envelope }: Command, { answer }: Accepted, working: WorkingSet): void => {
  const id = idempotencyKeyIdOf(envelope);
  if (id !== undefined && envelope.idempotency) {
    working.keys.set(id, { requestHash: envelope.idempotency.requestHash, answer });
  }
  if (envelope.transactionId !== undefined) working.transactionIds.set(envelope.transactionId, envelope.eventIds[0]);
  const transferId = handlerOf(wish).newTransferId?.(wish);
  if (transferId !== undefined) working.transferIds.add(transferId);
};

const decideOne = (command: Command, basis: BatchBasis, working: WorkingSet): Decision => {
  let isOfAccounts = false;
  try {
    const answer = earlierAnswer(command, basis, working);
    if (answer) return { kind: 'replayed', answer };
    mustBeNewTransaction(command, basis, working);
    mustBeNewTransfer(command, basis, working);
    isOfAccounts = true;
    const accepted = accept(command, basis, working);
    use(command, accepted, working);
    return accepted;
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'rejected', error, isOfAccounts };
    throw error;
  }
};

/** Decides every command of a batch, in arrival order, each on what those before it leave behind. Pure; a rejected one leaves no trace. */
export const decideBatch = (commands: readonly Command[], basis: BatchBasis): readonly Decision[] => {
  const working = new WorkingSet(basis);
  return commands.map((command) => decideOne(command, basis, working));
};
