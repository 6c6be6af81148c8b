import { type AccountId, accountIdOf } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { assertNever } from '../../domain/assert-never.ts';
import { mustBeReversible } from '../../domain/reversal/reversal.ts';
import { instantOf } from '../../domain/time/time-text.ts';
import type { Wish } from '../commands/command.ts';

const transferOf = (event: RecordedEvent & { readonly type: 'TransferSent' | 'TransferReceived' }): Wish => {
  const { data, effectiveAt } = event;
  const { amount, currency, reference, metadata } = data;
  const own = accountIdOf(event.streamId);
  return {
    type: 'TransferMoney',
    transferId: data.transferId,
    fromAccountId: 'fromAccountId' in data ? data.fromAccountId : own,
    toAccountId: 'toAccountId' in data ? data.toAccountId : own,
    money: { amount, currency },
    effectiveAt,
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
  };
};

type HoldEvent = RecordedEvent & { readonly type: 'HoldPlaced' | 'HoldCaptured' | 'HoldReleased' | 'HoldExpired' };

const holdWishOf = (event: HoldEvent, accountId: AccountId): Wish => {
  switch (event.type) {
    case 'HoldPlaced': {
      const { amount, currency, expiresAt, ...named } = event.data;
      const expiry = expiresAt !== undefined && { expiresAt: instantOf(expiresAt) };
      return { type: 'PlaceHold', accountId, money: { amount, currency }, ...named, ...expiry };
    }
    case 'HoldCaptured': {
      const { holdAmount: _holdAmount, ...captured } = event.data;
      return { type: 'CaptureHold', accountId, ...captured };
    }
    case 'HoldReleased': {
      const { holdId, reason } = event.data;
      return { type: 'ReleaseHold', accountId, holdId, ...(reason !== undefined && { reason }) };
    }
    case 'HoldExpired':
      return { type: 'ExpireHold', accountId, holdId: event.data.holdId };
  }
};

/**
 * The wish that an event fulfilled, with the amount and value date that it got. `original` is the event that a reversal names.
 * Rejects with NOT_REVERSIBLE.
 */
export const wishOf = (event: RecordedEvent, original: RecordedEvent | undefined): Wish => {
  const { effectiveAt } = event;
  const accountId = accountIdOf(event.streamId);
  switch (event.type) {
    case 'AccountOpened':
      return { type: 'OpenAccount', ...event.data, effectiveAt };
    case 'MoneyDeposited': {
      const { amount, currency, ...remarks } = event.data;
      return { type: 'DepositMoney', accountId, money: { amount, currency }, effectiveAt, ...remarks };
    }
    case 'MoneyWithdrawn': {
      const { amount, currency, ...remarks } = event.data;
      return { type: 'WithdrawMoney', accountId, money: { amount, currency }, effectiveAt, ...remarks };
    }
    case 'HoldPlaced':
    case 'HoldCaptured':
    case 'HoldReleased':
    case 'HoldExpired':
      return holdWishOf(event, accountId);
    case 'TransferSent':
    case 'TransferReceived':
      return transferOf(event);
    case 'TransactionReversed': {
      if (!original) throw new Error(`${event.eventId} reverses nothing`);
      const { amount, reason } = event.data;
      return { type: 'ReverseTransaction', original: mustBeReversible(original), amount, reason };
    }
    case 'AccountFrozen':
      return { type: 'FreezeAccount', accountId, ...event.data };
    case 'AccountUnfrozen':
      return { type: 'UnfreezeAccount', accountId, ...event.data };
    case 'OverdraftLimitChanged':
      return { type: 'ChangeOverdraftLimit', accountId, overdraftLimit: event.data.overdraftLimit };
    case 'AccountClosed':
      return { type: 'CloseAccount', accountId, ...event.data };
    default:
      return assertNever(event);
  }
};
