import { describe, expect, it } from 'vitest';
import { add, isWithinLimit, LARGEST_AMOUNT, minorUnits, negate, subtract } from '../../../src/domain/money/money.ts';
import { instant, latest } from '../../../src/domain/time/instant.ts';

const units = minorUnits;

describe('money', () => {
  it('is exact far beyond what a float can add', () => {
    expect(add(LARGEST_AMOUNT, units(2n))).toBe(9_007_199_254_740_993n);
    expect(subtract(negate(LARGEST_AMOUNT), units(2n))).toBe(-9_007_199_254_740_993n);
  });

  it('has one zero', () => {
    expect(negate(units(0n))).toBe(0n);
  });

  it('may be at most 2^53 − 1, the largest integer that JSON readers keep exact', () => {
    expect(LARGEST_AMOUNT).toBe(BigInt(Number.MAX_SAFE_INTEGER));
    expect(isWithinLimit(LARGEST_AMOUNT)).toBe(true);
    expect(isWithinLimit(units(LARGEST_AMOUNT + 1n))).toBe(false);
  });

  it('may be at least −(2^53 − 1)', () => {
    expect(isWithinLimit(negate(LARGEST_AMOUNT))).toBe(true);
    expect(isWithinLimit(units(negate(LARGEST_AMOUNT) - 1n))).toBe(false);
  });
});

describe('the latest of some moments', () => {
  it('is the last one, wherever it stands', () => {
    expect(latest(instant(2), instant(3), instant(1))).toBe(3);
    expect(latest(instant(1))).toBe(1);
  });
});
