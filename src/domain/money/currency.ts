import type { Branded } from '../branded.ts';

/** An ISO 4217 alphabetic code that money can be held in. */
export type Currency = Branded<string, 'Currency'>;

// ISO 4217 list one, by number of decimal places. Codes that are no money (precious metals, bond units, test codes) are left out.
const codesByExponent: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: 'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const exponents: ReadonlyMap<string, number> = new Map(
  // Stryker disable next-line ArrowFunction: nothing that imports this file can be loaded then, and its runner does not count that
  Object.entries(codesByExponent).flatMap(([exponent, codes]) =>
    // Stryker disable next-line ArrowFunction: as above
    codes.split(' ').map((code) => [code, Number(exponent)] as const),
  ),
);

/** Every currency an account can have, sorted. */
export const currencies: readonly string[] = [...exponents.keys()].sort();

export const isCurrency = (code: string): code is Currency => exponents.has(code);

/** Decimal places of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD. */
export const exponentOf = (currency: Currency): number => exponents.get(currency) ?? 2;
