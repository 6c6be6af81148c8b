import { z } from 'zod';
import { type AccountId, idPattern } from '../../domain/account/account-id.ts';
import type { TransactionId } from '../../domain/event/event-id.ts';
import { LARGEST_AMOUNT, minorUnits } from '../../domain/money/money.ts';
import { instant } from '../../domain/time/instant.ts';

const id = z.string().regex(idPattern, 'must be 1–64 of A-Z a-z 0-9 . _ - and start alphanumeric');

const amount = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'must be a positive whole number of minor units')
  .transform((digits) => minorUnits(BigInt(digits)))
  .refine((value) => value <= LARGEST_AMOUNT, 'must be at most 9007199254740991');

const remark = z.string().max(140, 'must be at most 140 characters').optional();

/** One row of a bank's list of bookings. Other columns may be there and are left alone. */
const bankRow = z.object({
  bookingDate: z.iso
    .date('must be a date such as 1993-01-31')
    .transform((date) => instant(Date.parse(`${date}T00:00:00Z`))),
  accountId: id.transform((text) => text as AccountId),
  transactionId: id.transform((text) => text as TransactionId),
  direction: z.enum(['credit', 'debit'], 'must be credit or debit'),
  amountMinor: amount,
  operation: remark,
  category: remark,
});

export type BankRow = z.output<typeof bankRow>;

export const requiredColumns = ['bookingDate', 'accountId', 'transactionId', 'direction', 'amountMinor'] as const;

/** The row, or what is wrong with it. */
export const readBankRow = (cells: unknown): BankRow | { readonly refused: string } => {
  const parsed = bankRow.safeParse(cells);
  if (parsed.success) return parsed.data;
  return { refused: parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ') };
};
