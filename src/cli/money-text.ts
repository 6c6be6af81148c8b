import { type Currency, exponentOf } from '../domain/money/currency.ts';

/** Minor units as people write them: −1050 EUR is -10.50. */
export const decimal = (amount: bigint, currency: Currency): string => {
  const exponent = exponentOf(currency);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  const whole = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  return amount < 0n ? `-${whole}` : whole;
};
