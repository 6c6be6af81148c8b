import type { ReversibleType } from '../account/account-event.ts';
import { assertNever } from '../assert-never.ts';
import type { Currency } from '../money/currency.ts';

/**
 * An account of the chart, which every event posts to in double entry: `customer-deposits` is what the ledger owes its customers, `cash` and
 * `clearing:<party>` what it holds outside, with nobody named or with a party; `in-transit` is between the two legs of transfers,
 * and must be empty at any moment.
 */
export type LedgerAccount = 'cash' | 'customer-deposits' | 'in-transit' | `clearing:${string}`;

/** What events of one kind moved in sum: the kind, the party outside the ledger that they named, and the currency. */
export type Movement = {
  readonly type: ReversibleType;
  /** It took such events back. */
  readonly isReversal: boolean;
  /** Where the money came from or went to. */
  readonly party?: string;
  readonly currency: Currency;
  /** In minor units, positive; a sum over many accounts, and so without the limit of an amount. */
  readonly total: bigint;
};

type Booking = { readonly debited: LedgerAccount; readonly credited: LedgerAccount };

const outside = (party: string | undefined): LedgerAccount => (party === undefined ? 'cash' : `clearing:${party}`);

const originalBooking = ({ type, party }: Movement): Booking => {
  switch (type) {
    case 'MoneyDeposited':
      return { debited: outside(party), credited: 'customer-deposits' };
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
      return { debited: 'customer-deposits', credited: outside(party) };
    case 'TransferSent':
      return { debited: 'customer-deposits', credited: 'in-transit' };
    case 'TransferReceived':
      return { debited: 'in-transit', credited: 'customer-deposits' };
    default:
      return assertNever(type);
  }
};

/** Where a movement is posted: the same sum on either side, so that debits and credits are equal by construction. */
export const bookingOf = (movement: Movement): Booking => {
  const { debited, credited } = originalBooking(movement);
  return movement.isReversal ? { debited: credited, credited: debited } : { debited, credited };
};
