import type { OpenAccount } from '../../src/domain/account/account-command.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { Wish } from '../../src/application/commands/command.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import type { CaptureHold, ExpireHold, PlaceHold, ReleaseHold } from '../../src/domain/hold/hold.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import { minorUnits, type Money } from '../../src/domain/money/money.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { mustBeReversible } from '../../src/domain/reversal/reversal.ts';
import type { TransferId } from '../../src/domain/transfer/transfer-id.ts';
import { ALICE, BOB, HOLD } from './facts.ts';

type On = { accountId?: string };
type Remarks = { reference?: string; metadata?: Record<string, string> };
type Dated = { effectiveAt?: number };

const onAccount = ({ accountId = ALICE }: On) => accountId as AccountId;

const dated = ({ effectiveAt }: Dated) => effectiveAt !== undefined && { effectiveAt: instant(effectiveAt) };

type Opening = On &
  Dated & {
    currency?: string;
    overdraftLimit?: bigint;
    initialDeposit?: { amount: bigint; reference?: string; source?: string };
    metadata?: Record<string, string>;
  };

export const openAccount = (opening: Opening = {}): OpenAccount => {
  const { accountId, effectiveAt, currency = 'EUR', overdraftLimit = 0n, initialDeposit, metadata } = opening;
  return {
    type: 'OpenAccount',
    accountId: onAccount(accountId === undefined ? {} : { accountId }),
    ownerId: 'owner',
    currency: currency as Currency,
    overdraftLimit: minorUnits(overdraftLimit),
    ...(initialDeposit && { initialDeposit: { ...initialDeposit, amount: minorUnits(initialDeposit.amount) } }),
    ...(effectiveAt !== undefined && { effectiveAt: instant(effectiveAt) }),
    ...(metadata && { metadata }),
  };
};

export const depositMoney = (money: Money, details: On & Dated & Remarks & { source?: string } = {}): Wish =>
  ({
    ...details,
    type: 'DepositMoney',
    money,
    accountId: onAccount(details),
    ...dated(details),
  }) as Wish;

export const withdrawMoney = (money: Money, details: On & Dated & Remarks & { destination?: string } = {}): Wish =>
  ({
    ...details,
    type: 'WithdrawMoney',
    money,
    accountId: onAccount(details),
    ...dated(details),
  }) as Wish;

type Parties = { from?: string; to?: string; transferId?: string };

export const transferMoney = (money: Money, details: Parties & Dated & Remarks = {}): Wish => {
  const { from = ALICE, to = BOB, transferId = 'transfer-1', effectiveAt, ...remarks } = details;
  return {
    ...remarks,
    type: 'TransferMoney',
    transferId: transferId as TransferId,
    fromAccountId: from as AccountId,
    toAccountId: to as AccountId,
    money,
    ...(effectiveAt !== undefined && { effectiveAt: instant(effectiveAt) }),
  };
};

type Hold = On & { holdId?: string };

const onHold = (hold: Hold) => ({ accountId: onAccount(hold), holdId: (hold.holdId ?? HOLD) as HoldId });

export const placeHold = (money: Money, details: Hold & Remarks & { expiresAt?: number } = {}): PlaceHold => {
  const { accountId: _accountId, holdId: _holdId, expiresAt, ...remarks } = details;
  const expiry = expiresAt !== undefined && { expiresAt: instant(expiresAt) };
  return { ...remarks, type: 'PlaceHold', ...onHold(details), money, ...expiry };
};

type Capture = Hold & Remarks & { amount?: bigint; currency?: string; destination?: string };

export const captureHold = (details: Capture = {}): CaptureHold => {
  const { accountId: _accountId, holdId: _holdId, amount, currency, ...rest } = details;
  return {
    ...rest,
    type: 'CaptureHold',
    ...onHold(details),
    ...(amount !== undefined && { amount: minorUnits(amount) }),
    ...(currency !== undefined && { currency: currency as Currency }),
  };
};

export const releaseHold = (details: Hold & { reason?: string } = {}): ReleaseHold => {
  const { reason } = details;
  return { type: 'ReleaseHold', ...onHold(details), ...(reason !== undefined && { reason }) };
};

export const expireHold = (hold: Hold = {}): ExpireHold => ({ type: 'ExpireHold', ...onHold(hold) });

export const freezeAccount = (account: On = {}): Wish => ({
  type: 'FreezeAccount',
  accountId: onAccount(account),
  reason: 'a dispute',
});

export const unfreezeAccount = (account: On = {}): Wish => ({
  type: 'UnfreezeAccount',
  accountId: onAccount(account),
  reason: 'settled',
});

export const closeAccount = (account: On = {}): Wish => ({
  type: 'CloseAccount',
  accountId: onAccount(account),
  reason: 'moved away',
});

export const changeOverdraftLimit = ({ amount }: Money, account: On = {}): Wish => ({
  type: 'ChangeOverdraftLimit',
  accountId: onAccount(account),
  overdraftLimit: amount,
});

/** Takes back the event at this place among the given ones; without an amount, all that is left of it. */
export const reverseEvent =
  (place: number, amount?: bigint) =>
  (history: readonly RecordedEvent[]): Wish => {
    const event = history[place - 1];
    if (!event) throw new Error(`no event was given at place ${place}`);
    const original = mustBeReversible(event);
    const part = amount !== undefined && { amount: minorUnits(amount) };
    return { type: 'ReverseTransaction', original, reason: 'a mistake', ...part };
  };
