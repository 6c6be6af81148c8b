import type { AccountCommand, Circumstances } from '../../domain/account/account-command.ts';
import type { NewEvent } from '../../domain/account/account-event.ts';
import type { AccountId, StreamId } from '../../domain/account/account-id.ts';
import type { Account } from '../../domain/account/account-state.ts';
import type { EventId, TransactionId } from '../../domain/event/event-id.ts';
import type { HoldCommand, HoldEnding } from '../../domain/hold/hold.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import type { ReverseTransaction } from '../../domain/reversal/reversal.ts';
import type { TransferId } from '../../domain/transfer/transfer-id.ts';
import type { TransferMoney } from '../../domain/transfer/transfer.ts';
import type { Change } from '../../projections/projection.ts';
import type { TraceContext } from '../tracing/trace-context.ts';

export type Wish = AccountCommand | HoldCommand | TransferMoney | ReverseTransaction;

/** What the caller is told, byte for byte, also when the same request comes again. */
export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly etag?: string;
  readonly location?: string;
};

/** Where a request came from: what the access log says of it beside who asked. */
export type Origin = { readonly route: string; readonly from: string };

/** What travels with a wish: who asks, and how often it may count. */
export type Envelope = {
  readonly correlationId: string;
  readonly actor: string;
  /** The client's name for this attempt, and a digest of what it asked. */
  readonly idempotency?: { readonly key: string; readonly requestHash: string };
  readonly transactionId?: TransactionId;
  /** If-Match: the versions of this account on which the caller would still want it. */
  readonly expected?: { readonly accountId: AccountId; readonly versions: readonly number[] };
  readonly eventIds: Circumstances['eventIds'];
  /** Of the request, where it is written down. Not stored. */
  readonly span?: TraceContext;
  /**
   * It may be kept as a proposal where it needs approval, of the owner that the actor is bound to; left out, it is refused then.
   */
  readonly proposable?: Origin & { readonly ownerId?: string };
  /** The actor approves the proposal that this command was. */
  readonly approves?: Origin & { readonly proposalId: string };
};

/** A plain value from end to end, so that another process can be asked to carry it out. */
export type Command = { readonly wish: Wish; readonly envelope: Envelope };

/** Words the answer from what happened. Pure: it runs before the commit, so that the answer is stored with the events. */
export type Wording = (wish: Wish, changes: readonly Change[]) => Answer;

export type HoldName = { readonly accountId: AccountId; readonly holdId: HoldId };

/** What a decision may know of the ledger: the accounts it named, with everything decided before it in the batch applied. */
export type KnownAccounts = {
  readonly get: (accountId: AccountId) => Account;
  readonly reversedTotal: (eventId: EventId) => MinorUnits;
  /** How this hold has ended; undefined where it has not, or there is none. */
  readonly endingOf: (hold: HoldName) => HoldEnding | undefined;
};

/** A command as two pure functions. Loading, batching, retrying and recording are shared by all. */
export type CommandHandler<W extends Wish> = {
  /** Every stream that the decision reads; all of them are written, or guarded by their version. */
  readonly streamsOf: (wish: W) => readonly StreamId[];
  /** The facts, or a DomainError. */
  readonly decide: (wish: W, accounts: KnownAccounts, circumstances: Circumstances) => readonly NewEvent[];
  /** An id that must not exist yet. */
  readonly newTransferId?: (wish: W) => TransferId;
  /** A hold that may have ended already: its account does not carry it any more then. */
  readonly holdOf?: (wish: W) => HoldName;
  /** An event of whose reversals the decision needs the sum. */
  readonly reversalOf?: (wish: W) => EventId;
};
