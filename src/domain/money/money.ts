import type { Branded } from '../branded.ts';
import type { Currency } from './currency.ts';

/** Whole minor units (cents) of some currency. Signed; at most ±(2^53 − 1), so that it is exact in every JSON reader. */
export type MinorUnits = Branded<bigint, 'MinorUnits'>;

/** An amount of one currency. */
export type Money = { readonly amount: MinorUnits; readonly currency: Currency };

/** The largest amount or balance that may exist: 2^53 − 1, the largest integer that every JSON reader keeps exact (RFC 8259 §6). */
export const LARGEST_AMOUNT = 9_007_199_254_740_991n as MinorUnits;

export const NO_MONEY = 0n as MinorUnits;

export const minorUnits = (amount: bigint): MinorUnits => amount as MinorUnits;

export const add = (left: MinorUnits, right: MinorUnits): MinorUnits => minorUnits(left + right);

export const subtract = (left: MinorUnits, right: MinorUnits): MinorUnits => minorUnits(left - right);

export const negate = (amount: MinorUnits): MinorUnits => minorUnits(0n - amount);

/** Whether an amount or balance may exist at all. */
export const isWithinLimit = (amount: MinorUnits): boolean =>
  amount <= LARGEST_AMOUNT && amount >= negate(LARGEST_AMOUNT);
