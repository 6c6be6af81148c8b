import { z } from 'zod';
import { currencies, type Currency } from '../../domain/money/currency.ts';
import { LARGEST_AMOUNT, minorUnits } from '../../domain/money/money.ts';

const largest = Number(LARGEST_AMOUNT);

// The one place where a JSON number becomes money. The body reader has already refused everything but plain integers.
const toMinorUnits = (value: number) => minorUnits(BigInt(value));

/** A positive amount in minor units. */
export const amount = z.int().min(1).max(largest).transform(toMinorUnits).meta({
  description: 'Positive, in minor units of the currency: 1050 is 10.50 EUR, 1050 JPY, 1.050 KWD.',
  example: 1050,
});

/** How far an account may go below zero, in minor units. */
export const overdraftLimit = z
  .int()
  .min(0)
  .max(largest)
  .transform(toMinorUnits)
  .meta({ description: 'How far the account may go below zero, in minor units.', example: 0 });

/** An ISO 4217 alphabetic code. */
export const currency = z
  .enum(currencies as [string, ...string[]], 'must be an ISO 4217 code in capitals')
  .transform((code) => code as Currency)
  .meta({ description: 'ISO 4217 alphabetic code.', example: 'EUR' });

/** A balance on the wire: signed minor units, exact in every JSON reader. */
export const balance = z
  .int()
  .min(-largest)
  .max(largest)
  .meta({ description: 'Signed, in minor units of the currency.' });
