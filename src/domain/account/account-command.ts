import type { EventId } from '../event/event-id.ts';
import type { Currency } from '../money/currency.ts';
import type { MinorUnits, Money } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import type { Metadata } from './account-event.ts';
import type { AccountId } from './account-id.ts';

/** When a money command counts; left out, it counts when it is recorded. */
type ValueDated = { readonly effectiveAt?: Instant };

type Remarked = { readonly reference?: string; readonly metadata?: Metadata };

export type OpenAccount = ValueDated & {
  readonly type: 'OpenAccount';
  readonly accountId: AccountId;
  readonly ownerId: string;
  readonly currency: Currency;
  readonly overdraftLimit: MinorUnits;
  readonly initialDeposit?: { readonly amount: MinorUnits; readonly reference?: string; readonly source?: string };
  readonly metadata?: Metadata;
};

export type DepositMoney = ValueDated &
  Remarked & {
    readonly type: 'DepositMoney';
    readonly accountId: AccountId;
    readonly money: Money;
    readonly source?: string;
  };

export type WithdrawMoney = ValueDated &
  Remarked & {
    readonly type: 'WithdrawMoney';
    readonly accountId: AccountId;
    readonly money: Money;
    readonly destination?: string;
  };

export type FreezeAccount = { readonly type: 'FreezeAccount'; readonly accountId: AccountId; readonly reason: string };

export type UnfreezeAccount = {
  readonly type: 'UnfreezeAccount';
  readonly accountId: AccountId;
  readonly reason: string;
};

export type CloseAccount = { readonly type: 'CloseAccount'; readonly accountId: AccountId; readonly reason: string };

export type ChangeOverdraftLimit = {
  readonly type: 'ChangeOverdraftLimit';
  readonly accountId: AccountId;
  readonly overdraftLimit: MinorUnits;
};

/** A wish about one account. Transfers and reversals, which may touch two, stand in their own folders. */
export type AccountCommand =
  OpenAccount | DepositMoney | WithdrawMoney | FreezeAccount | UnfreezeAccount | CloseAccount | ChangeOverdraftLimit;

/** What a decision may use besides the command and the accounts: both come in, so that deciding again gives the same. */
export type Circumstances = {
  /** When the store will say it took the events; never before any event of the accounts decided on. */
  readonly recordedAt: Instant;
  /** Ids for the events of this command, in order; made once, so that a retry records the same ones. */
  readonly eventIds: readonly [EventId, EventId];
};
