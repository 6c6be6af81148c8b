import { describe, expect, it } from 'vitest';
import { bookingOf, type Movement } from '../../../src/domain/chart/chart-of-accounts.ts';
import { euro } from '../../support/recorded-events.ts';

type Kind = Pick<Movement, 'type' | 'party'>;

const movement = (kind: Kind, isReversal: boolean): Movement => ({ ...kind, isReversal, currency: euro, total: 5n });

// What the ledger owes its customers grows on the credit side, what it holds outside on the debit side.
const bookings: readonly [string, Kind, string, string][] = [
  ['a deposit of cash', { type: 'MoneyDeposited' }, 'cash', 'customer-deposits'],
  ['a deposit from a bank', { type: 'MoneyDeposited', party: 'bank' }, 'clearing:bank', 'customer-deposits'],
  ['a withdrawal of cash', { type: 'MoneyWithdrawn' }, 'customer-deposits', 'cash'],
  ['a withdrawal to a bank', { type: 'MoneyWithdrawn', party: 'bank' }, 'customer-deposits', 'clearing:bank'],
  ['a capture', { type: 'HoldCaptured' }, 'customer-deposits', 'cash'],
  ['a capture for a shop', { type: 'HoldCaptured', party: 'shop' }, 'customer-deposits', 'clearing:shop'],
  ['the debit of a transfer', { type: 'TransferSent' }, 'customer-deposits', 'in-transit'],
  ['the credit of a transfer', { type: 'TransferReceived' }, 'in-transit', 'customer-deposits'],
];

describe('the chart of accounts', () => {
  it.each(bookings)('books %s', (_, kind, debited, credited) => {
    expect(bookingOf(movement(kind, false))).toEqual({ debited, credited });
  });

  it.each(bookings)('books the reversal of %s the other way round', (_, kind, debited, credited) => {
    expect(bookingOf(movement(kind, true))).toEqual({ debited: credited, credited: debited });
  });
});
