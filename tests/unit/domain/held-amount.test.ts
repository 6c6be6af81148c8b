import { describe, expect, it } from 'vitest';
import { Account } from '../../../src/domain/account/account.ts';
import type { AccountCommand } from '../../../src/domain/account/account-command.ts';
import { isOpened, type OpenedAccount } from '../../../src/domain/account/account-state.ts';
import { mustAfford, mustHaveRoomFor } from '../../../src/domain/account/guards.ts';
import { LARGEST_AMOUNT, minorUnits, negate } from '../../../src/domain/money/money.ts';
import { accountOpened, decidedId, eur, moneyDeposited, NOW } from '../../support/facts.ts';
import { foldOf } from '../../support/given.ts';
import { closeAccount } from '../../support/wishes.ts';

/** An account of which a part is reserved. */
const holding = (held: bigint, balance: bigint): OpenedAccount => {
  const account = foldOf(accountOpened(), moneyDeposited(eur(balance)));
  if (!isOpened(account)) throw new Error('not opened');
  return { ...account, heldAmount: minorUnits(held) };
};

describe('an amount that is held', () => {
  it('cannot be debited', () => {
    expect(() => mustAfford(holding(4n, 10n), minorUnits(6n))).not.toThrow();
    expect(() => mustAfford(holding(4n, 10n), minorUnits(7n))).toThrow('INSUFFICIENT_FUNDS');
  });

  it('makes no room in the ledger balance', () => {
    const account = holding(10n, LARGEST_AMOUNT - 1n);
    expect(() => mustHaveRoomFor(account, minorUnits(1n))).not.toThrow();
    expect(() => mustHaveRoomFor(account, minorUnits(2n))).toThrow('BALANCE_LIMIT_EXCEEDED');
  });

  it('may bring the available balance down to −(2^53 − 1), and no further', () => {
    const account = holding(LARGEST_AMOUNT, 1n);
    expect(() => mustHaveRoomFor(account, minorUnits(-1n))).not.toThrow();
    expect(() => mustHaveRoomFor(account, minorUnits(-2n))).toThrow('BALANCE_LIMIT_EXCEEDED');
    expect(() => mustHaveRoomFor(holding(0n, 1n), negate(LARGEST_AMOUNT))).not.toThrow();
  });

  it('keeps an account from being closed, also at a balance of zero', () => {
    const empty = { ...holding(1n, 1n), ledgerBalance: minorUnits(0n) };
    const circumstances = { recordedAt: NOW, eventIds: [decidedId(1), decidedId(2)] as const };
    const close = (account: OpenedAccount) => Account.decide(closeAccount() as AccountCommand, account, circumstances);
    expect(() => close(empty)).toThrow('ACCOUNT_NOT_EMPTY');
    expect(close({ ...empty, heldAmount: minorUnits(0n) })).toHaveLength(1);
  });
});
