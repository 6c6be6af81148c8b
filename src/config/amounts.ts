import { z } from 'zod';
import { isCurrency } from '../domain/money/currency.ts';
import { LARGEST_AMOUNT } from '../domain/money/money.ts';

const amountOfCurrency = /^([A-Z]{3}):(0|[1-9]\d{0,15})$/;

type Complain = (message: string) => void;

/** `EUR:1000000`, as currency and amount. */
const amountIn = (text: string, complain: Complain): readonly (readonly [string, bigint])[] => {
  const [, currency = '', digits = ''] = amountOfCurrency.exec(text) ?? [];
  const amount = BigInt(digits);
  if (isCurrency(currency) && amount <= LARGEST_AMOUNT) return [[currency, amount]];
  complain(`must be amounts such as EUR:1000000, with commas between: ISO 4217 code, minor units; ${text} is none`);
  return [];
};

/** Amounts in minor units by currency, as text: `EUR:1000000,USD:1000000`. */
export const amountsByCurrency = z.string().transform((text, context): ReadonlyMap<string, bigint> => {
  const complain: Complain = (message) => context.addIssue({ code: 'custom', message });
  const amounts = text.split(',').flatMap((part) => amountIn(part.trim(), complain));
  const byCurrency = new Map(amounts);
  if (byCurrency.size < amounts.length) complain('must name each currency once');
  return byCurrency;
});
