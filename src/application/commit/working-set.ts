import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, accountIdOf, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, initialState, isOpened } from '../../domain/account/account-state.ts';
import { evolve } from '../../domain/account/evolve.ts';
import { endedBy, type HoldEnding } from '../../domain/hold/hold.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, NO_MONEY } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import { holdRowId } from '../../projections/holds/holds.ts';
import type { Change } from '../../projections/projection.ts';
import type { Answer, Command, HoldName, KnownAccounts, Wording } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { LoadedAccount } from './account-cache.ts';
import { answerOf, idempotencyKeyIdOf } from './claims.ts';
import type { ApprovalRule } from '../approval/approval-rule.ts';
import type { ProposalRow } from '../approval/proposal.ts';
import type { Facts, FoundProposals, ReversedTotals } from './facts.ts';

/** Everything a batch is decided on, read before the first decision. */
export type BatchBasis = {
  readonly accounts: ReadonlyMap<StreamId, LoadedAccount>;
  readonly reversedTotals: ReversedTotals;
  readonly facts: Facts;
  readonly now: Instant;
  readonly wording: Wording;
  /** Left out: nothing needs approval. */
  readonly approval?: ApprovalRule | undefined;
  /** Those that the commands approve. */
  readonly proposals?: FoundProposals;
};

type EarlierAnswer = { readonly requestHash: string; readonly answer: Answer };

/** What a batch was decided on, with everything that the decisions made so far will have changed. */
type Ground = KnownAccounts & {
  readonly stream: (streamId: StreamId) => Account;
  readonly earlierAnswer: (keyId: string) => EarlierAnswer | undefined;
  readonly eventOfTransaction: (transactionId: string) => string | undefined;
  readonly hasTransfer: (transferId: string) => boolean;
  readonly proposal: (proposalId: string) => ProposalRow | undefined;
};

/** The ledger as it is in the store. */
export const groundOf = ({ accounts, reversedTotals, facts, proposals }: BatchBasis): Ground => {
  const stream = (streamId: StreamId): Account => accounts.get(streamId)?.account ?? initialState();
  return {
    stream,
    get: (accountId) => stream(streamIdOf(accountId)),
    reversedTotal: (eventId) => reversedTotals.get(eventId) ?? NO_MONEY,
    earlierAnswer: (keyId) => {
      const row = facts.keys.get(keyId);
      return row && { requestHash: row.requestHash, answer: answerOf(row) };
    },
    eventOfTransaction: (transactionId) => facts.transactionIds.get(transactionId)?.eventId,
    endingOf: (hold) => {
      const status = facts.holds.get(holdRowId(hold))?.status;
      return status === 'placed' ? undefined : status;
    },
    hasTransfer: (transferId) => facts.transferIds.has(transferId),
    proposal: (proposalId) => proposals?.get(proposalId),
  };
};

/** The ledger as it will be when the decisions made so far are committed: what they changed, over what was there before. */
export class WorkingSet implements Ground {
  readonly #accounts = new Map<StreamId, Account>();
  readonly #reversedTotals = new Map<EventId, MinorUnits>();
  readonly #answers = new Map<string, EarlierAnswer>();
  readonly #transactions = new Map<string, EventId>();
  readonly #transfers = new Set<string>();
  readonly #endings = new Map<string, HoldEnding>();
  readonly #proposals = new Map<string, ProposalRow>();

  constructor(private readonly ground: Ground) {}

  readonly stream = (streamId: StreamId): Account => this.#accounts.get(streamId) ?? this.ground.stream(streamId);

  readonly get = (accountId: AccountId): Account => this.stream(streamIdOf(accountId));

  readonly reversedTotal = (eventId: EventId): MinorUnits =>
    this.#reversedTotals.get(eventId) ?? this.ground.reversedTotal(eventId);

  readonly earlierAnswer = (keyId: string): EarlierAnswer | undefined =>
    this.#answers.get(keyId) ?? this.ground.earlierAnswer(keyId);

  readonly eventOfTransaction = (transactionId: string): string | undefined =>
    this.#transactions.get(transactionId) ?? this.ground.eventOfTransaction(transactionId);

  readonly hasTransfer = (transferId: string): boolean =>
    this.#transfers.has(transferId) || this.ground.hasTransfer(transferId);

  readonly endingOf = (hold: HoldName): HoldEnding | undefined =>
    this.#endings.get(holdRowId(hold)) ?? this.ground.endingOf(hold);

  readonly proposal = (proposalId: string): ProposalRow | undefined =>
    this.#proposals.get(proposalId) ?? this.ground.proposal(proposalId);

  apply(event: RecordedEvent): Change {
    const before = this.stream(event.streamId);
    const after = evolve(before, event);
    if (!isOpened(after)) throw new Error(`${event.type} decided on an account that was never opened`);
    this.#accounts.set(event.streamId, after);
    if (event.type === 'TransactionReversed') {
      this.#reversedTotals.set(event.data.originalEventId, event.data.reversedTotal);
    }
    const ended = endedBy(event);
    if (ended) this.#endings.set(holdRowId({ ...ended, accountId: accountIdOf(event.streamId) }), ended.ending);
    return { event, before, after };
  }

  /** Remembers how a key was answered, for those behind it. */
  answer({ envelope }: Command, answer: Answer): void {
    const id = idempotencyKeyIdOf(envelope);
    if (id !== undefined && envelope.idempotency) {
      this.#answers.set(id, { requestHash: envelope.idempotency.requestHash, answer });
    }
  }

  /** The same for everything that an accepted command used up. */
  use(command: Command, answer: Answer): void {
    const { wish, envelope } = command;
    this.answer(command, answer);
    if (envelope.transactionId !== undefined) this.#transactions.set(envelope.transactionId, envelope.eventIds[0]);
    const transferId = handlerOf(wish).newTransferId?.(wish);
    if (transferId !== undefined) this.#transfers.add(transferId);
  }

  /** Remembers what became of a proposal. */
  decide(proposal: ProposalRow): void {
    this.#proposals.set(proposal._id, proposal);
  }

  /** Takes over what was decided on top of this one. */
  keep(decided: WorkingSet): void {
    for (const [streamId, account] of decided.#accounts) this.#accounts.set(streamId, account);
    for (const [eventId, total] of decided.#reversedTotals) this.#reversedTotals.set(eventId, total);
    for (const [keyId, answer] of decided.#answers) this.#answers.set(keyId, answer);
    for (const [transactionId, eventId] of decided.#transactions) this.#transactions.set(transactionId, eventId);
    for (const transferId of decided.#transfers) this.#transfers.add(transferId);
    for (const [hold, ending] of decided.#endings) this.#endings.set(hold, ending);
    for (const [proposalId, proposal] of decided.#proposals) this.#proposals.set(proposalId, proposal);
  }
}
