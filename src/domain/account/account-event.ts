import type { EventId, TransactionId } from '../event/event-id.ts';
import type { HoldId } from '../hold/hold-id.ts';
import type { Currency } from '../money/currency.ts';
import type { MinorUnits } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type { TransferId } from '../transfer/transfer-id.ts';
import type { AccountId, StreamId } from './account-id.ts';

/** What a client may hang on an account or a posting; Daybook keeps it and never looks inside. */
export type Metadata = Readonly<Record<string, string>>;

type Fact<Type extends string, Data> = { readonly type: Type; readonly data: Readonly<Data> };

type Amount = { amount: MinorUnits; currency: Currency };

export type Remarks = { reference?: string; metadata?: Metadata };

/** What can have happened to an account. An amount is always positive; which way it goes is in the type. */
export type AccountEvent =
  | Fact<
      'AccountOpened',
      { accountId: AccountId; ownerId: string; currency: Currency; overdraftLimit: MinorUnits; metadata?: Metadata }
    >
  | Fact<'MoneyDeposited', Amount & Remarks & { source?: string }>
  | Fact<'MoneyWithdrawn', Amount & Remarks & { destination?: string }>
  | Fact<'TransferSent', Amount & Remarks & TransferLeg & { toAccountId: AccountId }>
  | Fact<'TransferReceived', Amount & Remarks & TransferLeg & { fromAccountId: AccountId }>
  /** `expiresAt` as `timeText` spells it. */
  | Fact<'HoldPlaced', Amount & Remarks & { holdId: HoldId; expiresAt?: string }>
  /** `amount` was captured of the `holdAmount`; the rest is free again. */
  | Fact<'HoldCaptured', Amount & Remarks & { holdId: HoldId; holdAmount: MinorUnits; destination?: string }>
  | Fact<'HoldReleased', Amount & { holdId: HoldId; reason?: string }>
  | Fact<'HoldExpired', Amount & { holdId: HoldId; expiresAt: string }>
  | Fact<'TransactionReversed', Amount & Reversal>
  | Fact<'AccountFrozen', { reason: string }>
  | Fact<'AccountUnfrozen', { reason: string }>
  | Fact<'OverdraftLimitChanged', { overdraftLimit: MinorUnits; currency: Currency }>
  | Fact<'AccountClosed', { reason: string }>;

/** What either half of a transfer knows of the whole: its id, and the event that is its other half. */
export type TransferLeg = { transferId: TransferId; counterpartEventId: EventId };

export type Reversal = {
  originalEventId: EventId;
  originalType: ReversibleType;
  originalAmount: MinorUnits;
  /** Everything taken back of the original so far, this reversal included. */
  reversedTotal: MinorUnits;
  reason: string;
  transferId?: TransferId;
};

export type ReversibleType = 'MoneyDeposited' | 'MoneyWithdrawn' | 'HoldCaptured' | 'TransferSent' | 'TransferReceived';

export type AccountEventType = AccountEvent['type'];

/** A fact that a command decided on, before the store has taken it. */
export type NewEvent = AccountEvent & {
  readonly eventId: EventId;
  readonly streamId: StreamId;
  readonly effectiveAt: Instant;
};

/** Who and what caused an event. */
export type EventMetadata = {
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: string;
  readonly command: string;
  readonly idempotencyKey?: string;
  readonly transactionId?: TransactionId;
  /** The other principal who wanted it too, where one had to; `causationId` is the proposal of the actor then. */
  readonly approvedBy?: string;
};

/** An event with its envelope, as the store keeps it: the ledger's only truth. */
export type RecordedEvent = NewEvent & {
  /** Place in its stream; the first is 1. */
  readonly version: number;
  readonly schemaVersion: number;
  readonly metadata: EventMetadata;
  readonly recordedAt: Instant;
};
