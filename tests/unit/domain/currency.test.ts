import { data as iso4217 } from 'currency-codes';
import { describe, expect, it } from 'vitest';
import { currencies, type Currency, exponentOf, isCurrency } from '../../../src/domain/money/currency.ts';

/** ISO 4217 codes that are no money: metals, bond units, accounting units of institutions, testing, none. */
const noMoney = 'XAG XAU XPD XPT XBA XBB XBC XBD XDR XSU XUA XTS XXX'.split(' ');

/** Currencies of amendments later than the list that is compared with. */
const newer: readonly (readonly [string, number])[] = [['XCG', 2]];

const oracle = [
  ...iso4217.filter(({ code }) => !noMoney.includes(code)).map(({ code, digits }) => [code, digits] as const),
  ...newer,
];

describe('the table of currencies', () => {
  it.each(oracle)('%s has %i decimal places', (code, digits) => {
    expect(isCurrency(code)).toBe(true);
    expect(exponentOf(code as Currency)).toBe(digits);
  });

  it('has nothing else', () => {
    expect(currencies).toStrictEqual(oracle.map(([code]) => code).sort());
  });

  it('names each currency once', () => {
    expect(new Set(currencies).size).toBe(currencies.length);
  });

  it.each([...noMoney, 'HRK', 'DEM', 'eur', 'EU', 'EURO', ' EUR', '', '978', '__proto__', 'constructor'])(
    'has no %j',
    (code) => {
      expect(isCurrency(code)).toBe(false);
    },
  );
});
