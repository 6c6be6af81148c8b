import { describe, expect, it } from 'vitest';
import type { Mix } from '../../../src/load/load-plan.ts';
import { hotAccountsOf, postingsOf, type Wish, wishesOf } from '../../../src/load/wish.ts';

const mix: Mix = {
  accounts: 100,
  hotAccountRatio: 0.05,
  hotSelectionRate: 0.4,
  readRatio: 0.25,
  transferRatio: 0.5,
  seed: 7,
};

const COUNT = 20_000;

const drawn = (changes: Partial<Mix> = {}): readonly Wish[] => {
  const wishOf = wishesOf({ ...mix, ...changes });
  return Array.from({ length: COUNT }, (_, place) => wishOf(place));
};

const share = (wishes: readonly Wish[], of: (wish: Wish) => boolean): number =>
  wishes.filter(of).length / wishes.length;

const firstAccountOf = (wish: Wish): number => (wish.kind === 'transfer' ? wish.from : wish.account);

describe('the sequence of wishes', () => {
  it('is the same for the same seed, in whatever order it is asked for', () => {
    const wishOf = wishesOf(mix);
    const backwards = Array.from({ length: 50 }, (_, index) => wishOf(49 - index));
    expect(backwards.toReversed()).toEqual(drawn().slice(0, 50));
  });

  it('is another one for another seed', () => {
    expect(drawn({ seed: 8 }).slice(0, 50)).not.toEqual(drawn().slice(0, 50));
  });

  it('has the shares that were asked for', () => {
    const wishes = drawn();
    const commands = wishes.filter(({ kind }) => kind !== 'balance');
    expect(share(wishes, ({ kind }) => kind === 'balance')).toBeCloseTo(0.25, 1);
    expect(share(commands, ({ kind }) => kind === 'transfer')).toBeCloseTo(0.5, 1);
    expect(share(commands, ({ kind }) => kind === 'deposit')).toBeCloseTo(0.25, 1);
    expect(share(commands, ({ kind }) => kind === 'withdrawal')).toBeCloseTo(0.25, 1);
  });

  it('goes to the hot accounts at the rate that was asked for, and to all others else', () => {
    const accounts = drawn().map(firstAccountOf);
    expect(accounts.filter((account) => account < 5).length / COUNT).toBeCloseTo(0.4, 1);
    expect(new Set(accounts).size).toBe(100);
  });

  it.each([
    ['only reads', { readRatio: 1 }, ['balance']],
    ['only transfers', { readRatio: 0, transferRatio: 1 }, ['transfer']],
    ['no reads and no transfers', { readRatio: 0, transferRatio: 0 }, ['deposit', 'withdrawal']],
  ])('has %s where that is asked for', (_, changes, expected) => {
    expect([...new Set(drawn(changes).map(({ kind }) => kind))].toSorted()).toEqual(expected);
  });

  it.each([{ hotSelectionRate: 1 }, { hotSelectionRate: 1, hotAccountRatio: 0.01 }, { accounts: 2 }])(
    'never transfers to the sender, with %o',
    (changes) => {
      const transfers = drawn({ ...changes, readRatio: 0, transferRatio: 1 });
      expect(share(transfers, (wish) => wish.kind === 'transfer' && wish.from === wish.to)).toBe(0);
    },
  );

  it('stays within the accounts, with amounts from 1 to 1,000', () => {
    for (const wish of drawn({ accounts: 3, hotAccountRatio: 1, readRatio: 0 })) {
      for (const { account, amount } of postingsOf(wish)) {
        expect(account).toBeLessThan(3);
        expect(Math.abs(amount)).toBeGreaterThanOrEqual(1);
        expect(Math.abs(amount)).toBeLessThanOrEqual(1_000);
      }
    }
  });

  it.each([
    [0, 0],
    [0.001, 1],
    [0.05, 5],
    [1, 100],
  ])('makes of the ratio %d so many of 100 accounts hot: %d', (hotAccountRatio, expected) => {
    expect(hotAccountsOf({ ...mix, hotAccountRatio })).toBe(expected);
  });
});
