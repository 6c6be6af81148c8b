import type { AccountEvent, ReversibleType } from '../../src/domain/account/account-event.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits, type Money } from '../../src/domain/money/money.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import { timeText } from '../../src/domain/time/time-text.ts';
import type { TransferId } from '../../src/domain/transfer/transfer-id.ts';

/** Something that happened, or should, to one account; `at` where its value date is not the moment it is recorded. */
export type Fact = AccountEvent & { readonly accountId: string; readonly at?: Instant };

const moneyOf =
  (currency: string) =>
  (amount: bigint): Money => ({ amount: minorUnits(amount), currency: currency as Currency });

export const eur = moneyOf('EUR');
export const usd = moneyOf('USD');

/** The account of every fact and command that names none. */
export const ALICE = 'alice';
export const BOB = 'bob';

export const MINUTE = 60_000;

/** Given events are recorded a minute apart from here on. */
export const START = instant(Date.UTC(2026, 2, 15, 12));

/** When a command is decided. */
export const NOW = instant(START + 60 * MINUTE);

/** The same fact on another account. */
export const on = (accountId: string, fact: Fact): Fact => ({ ...fact, accountId });

/** The same fact with another value date. */
export const at = (moment: number, fact: Fact): Fact => ({ ...fact, at: instant(moment) });

/** The id of the nth given event; `decidedId` that of the nth event of the decision. */
export const givenId = (place: number): EventId => `given-${place}` as EventId;

export const decidedId = (place: number): EventId => `decided-${place}` as EventId;

type Opening = { accountId?: string; currency?: string; overdraftLimit?: bigint; metadata?: Record<string, string> };

export const accountOpened = (opening: Opening = {}): Fact => {
  const { accountId = ALICE, currency = 'EUR', overdraftLimit = 0n, metadata } = opening;
  return {
    accountId,
    type: 'AccountOpened',
    data: {
      accountId: accountId as AccountId,
      ownerId: 'owner',
      currency: currency as Currency,
      overdraftLimit: minorUnits(overdraftLimit),
      ...(metadata && { metadata }),
    },
  };
};

type Remarks = { reference?: string; metadata?: Record<string, string> };

export const moneyDeposited = (money: Money, remarks: Remarks & { source?: string } = {}): Fact => ({
  accountId: ALICE,
  type: 'MoneyDeposited',
  data: { ...money, ...remarks },
});

export const moneyWithdrawn = (money: Money, remarks: Remarks & { destination?: string } = {}): Fact => ({
  accountId: ALICE,
  type: 'MoneyWithdrawn',
  data: { ...money, ...remarks },
});

/** The hold of every fact and command that names none. */
export const HOLD = 'hold-1' as HoldId;

type OfHold = { holdId?: string };

export const holdPlaced = (
  money: Money,
  { holdId = HOLD, expiresAt, ...remarks }: OfHold & Remarks & { expiresAt?: number } = {},
): Fact => ({
  accountId: ALICE,
  type: 'HoldPlaced',
  data: {
    holdId: holdId as HoldId,
    ...money,
    ...remarks,
    ...(expiresAt !== undefined && { expiresAt: timeText(instant(expiresAt)) }),
  },
});

/** `of` is the amount of the hold. */
export const holdCaptured = (
  money: Money,
  { holdId = HOLD, of = money.amount, ...rest }: OfHold & Remarks & { of?: bigint; destination?: string } = {},
): Fact => ({
  accountId: ALICE,
  type: 'HoldCaptured',
  data: { holdId: holdId as HoldId, ...money, holdAmount: minorUnits(of), ...rest },
});

export const holdReleased = (money: Money, { holdId = HOLD, reason }: OfHold & { reason?: string } = {}): Fact => ({
  accountId: ALICE,
  type: 'HoldReleased',
  data: { holdId: holdId as HoldId, ...money, ...(reason !== undefined && { reason }) },
});

export const holdExpired = (money: Money, expiresAt: number, { holdId = HOLD }: OfHold = {}): Fact => ({
  accountId: ALICE,
  type: 'HoldExpired',
  data: { holdId: holdId as HoldId, ...money, expiresAt: timeText(instant(expiresAt)) },
});

/** What both legs of a transfer from Alice to Bob share, and the event that is the other leg. */
type Leg = Remarks & { counterpart: EventId; transferId?: string };

const legOf = (money: Money, { counterpart, transferId = 'transfer-1', ...remarks }: Leg) => ({
  ...money,
  ...remarks,
  transferId: transferId as TransferId,
  counterpartEventId: counterpart,
});

export const transferSent = (money: Money, leg: Leg): Fact => ({
  accountId: ALICE,
  type: 'TransferSent',
  data: { ...legOf(money, leg), toAccountId: BOB as AccountId },
});

export const transferReceived = (money: Money, leg: Leg): Fact => ({
  accountId: BOB,
  type: 'TransferReceived',
  data: { ...legOf(money, leg), fromAccountId: ALICE as AccountId },
});

/** A transfer from Alice to Bob as two given events, the first of them at this place among all given events. */
export const transferred = (place: number, money: Money): readonly [Fact, Fact] => [
  transferSent(money, { counterpart: givenId(place + 1) }),
  transferReceived(money, { counterpart: givenId(place) }),
];

type OfOriginal = { original: EventId; type: ReversibleType; of: bigint; total?: bigint; transferId?: string };

/** `of` is the amount of the original, `total` all that is taken back of it with this reversal. */
export const transactionReversed = (money: Money, { original, type, of, total, transferId }: OfOriginal): Fact => ({
  accountId: ALICE,
  type: 'TransactionReversed',
  data: {
    ...money,
    originalEventId: original,
    originalType: type,
    originalAmount: minorUnits(of),
    reversedTotal: minorUnits(total ?? money.amount),
    reason: 'a mistake',
    ...(transferId !== undefined && { transferId: transferId as TransferId }),
  },
});

export const accountFrozen = (): Fact => ({ accountId: ALICE, type: 'AccountFrozen', data: { reason: 'a dispute' } });

export const accountUnfrozen = (): Fact => ({ accountId: ALICE, type: 'AccountUnfrozen', data: { reason: 'settled' } });

export const accountClosed = (): Fact => ({ accountId: ALICE, type: 'AccountClosed', data: { reason: 'moved away' } });

export const overdraftLimitChanged = ({ amount, currency }: Money): Fact => ({
  accountId: ALICE,
  type: 'OverdraftLimitChanged',
  data: { overdraftLimit: amount, currency },
});
