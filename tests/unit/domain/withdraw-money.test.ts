import { describe, it } from 'vitest';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  accountUnfrozen,
  at,
  eur,
  moneyDeposited,
  moneyWithdrawn,
  NOW,
  overdraftLimitChanged,
  START,
  usd,
} from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import { withdrawMoney } from '../../support/wishes.ts';

const funded = [accountOpened(), moneyDeposited(eur(10_00n))] as const;

describe('a withdrawal', () => {
  it('takes exactly the available balance', () => {
    given(...funded)
      .when(withdrawMoney(eur(10_00n)))
      .then(moneyWithdrawn(eur(10_00n)));
  });

  it('rejects one minor unit more than the available balance', () => {
    given(...funded)
      .when(withdrawMoney(eur(10_01n)))
      .thenRejects('INSUFFICIENT_FUNDS', { accountId: 'alice' });
  });

  it('takes what an earlier withdrawal left, and no more', () => {
    given(...funded, moneyWithdrawn(eur(4_00n)))
      .when(withdrawMoney(eur(6_00n)))
      .then(moneyWithdrawn(eur(6_00n)));
    given(...funded, moneyWithdrawn(eur(4_00n)))
      .when(withdrawMoney(eur(6_01n)))
      .thenRejects('INSUFFICIENT_FUNDS');
  });

  it('takes nothing from an empty account', () => {
    given(accountOpened())
      .when(withdrawMoney(eur(1n)))
      .thenRejects('INSUFFICIENT_FUNDS');
  });

  it('keeps everything that was said about it', () => {
    const remarks = { reference: 'rent', destination: 'landlord', metadata: { month: '3' } };
    given(...funded)
      .when(withdrawMoney(eur(1n), remarks))
      .then(moneyWithdrawn(eur(1n), remarks));
  });

  it('needs an account', () => {
    given()
      .when(withdrawMoney(eur(1n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('is refused by a closed account', () => {
    given(accountOpened(), accountClosed())
      .when(withdrawMoney(eur(1n)))
      .thenRejects('ACCOUNT_CLOSED');
  });

  it('is refused by a frozen account, and taken again once that is over', () => {
    given(...funded, accountFrozen())
      .when(withdrawMoney(eur(1n)))
      .thenRejects('ACCOUNT_FROZEN');
    given(...funded, accountFrozen(), accountUnfrozen())
      .when(withdrawMoney(eur(1n)))
      .then(moneyWithdrawn(eur(1n)));
  });

  it('is in the currency of the account', () => {
    given(...funded)
      .when(withdrawMoney(usd(1n)))
      .thenRejects('CURRENCY_MISMATCH');
  });

  describe('with a value date', () => {
    it('may be dated back to the opening', () => {
      given(...funded)
        .when(withdrawMoney(eur(1n), { effectiveAt: START }))
        .then(at(START, moneyWithdrawn(eur(1n))));
    });

    it('is measured against what is available now, whatever was available then', () => {
      given(...funded)
        .when(withdrawMoney(eur(10_00n), { effectiveAt: START }))
        .then(at(START, moneyWithdrawn(eur(10_00n))));
    });

    it('cannot precede the opening by a millisecond', () => {
      given(...funded)
        .when(withdrawMoney(eur(1n), { effectiveAt: START - 1 }))
        .thenRejects('EFFECTIVE_BEFORE_OPENING');
    });

    it('may be the moment it is recorded, and no later', () => {
      given(...funded)
        .when(withdrawMoney(eur(1n), { effectiveAt: NOW }))
        .then(moneyWithdrawn(eur(1n)));
      given(...funded)
        .when(withdrawMoney(eur(1n), { effectiveAt: NOW + 1 }))
        .thenRejects('EFFECTIVE_IN_FUTURE');
    });
  });

  describe('with an overdraft', () => {
    it('goes down to exactly the limit', () => {
      given(accountOpened({ overdraftLimit: 5n }), moneyDeposited(eur(10n)))
        .when(withdrawMoney(eur(15n)))
        .then(moneyWithdrawn(eur(15n)));
    });

    it('cannot go one below the limit', () => {
      given(accountOpened({ overdraftLimit: 5n }), moneyDeposited(eur(10n)))
        .when(withdrawMoney(eur(16n)))
        .thenRejects('INSUFFICIENT_FUNDS');
    });

    it('follows a limit that was changed', () => {
      given(accountOpened(), overdraftLimitChanged(eur(5n)))
        .when(withdrawMoney(eur(5n)))
        .then(moneyWithdrawn(eur(5n)));
      given(accountOpened({ overdraftLimit: 5n }), overdraftLimitChanged(eur(4n)))
        .when(withdrawMoney(eur(5n)))
        .thenRejects('INSUFFICIENT_FUNDS');
    });

    it('may reach a balance of −(2^53 − 1)', () => {
      given(accountOpened({ overdraftLimit: LARGEST_AMOUNT }))
        .when(withdrawMoney(eur(LARGEST_AMOUNT)))
        .then(moneyWithdrawn(eur(LARGEST_AMOUNT)));
    });
  });
});
