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
  START,
  usd,
} from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import { depositMoney } from '../../support/wishes.ts';

describe('a deposit', () => {
  it('counts from now, with everything that was said about it', () => {
    const remarks = { reference: 'salary', source: 'employer', metadata: { month: '3' } };
    given(accountOpened())
      .when(depositMoney(eur(1n), remarks))
      .then(moneyDeposited(eur(1n), remarks));
  });

  it('has no members that were left out', () => {
    given(accountOpened())
      .when(depositMoney(eur(1n)))
      .then(moneyDeposited(eur(1n)));
  });

  it('needs an account', () => {
    given()
      .when(depositMoney(eur(1n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('does not reach a closed account', () => {
    given(accountOpened(), accountClosed())
      .when(depositMoney(eur(1n)))
      .thenRejects('ACCOUNT_CLOSED');
  });

  it('does not reach a frozen account', () => {
    given(accountOpened(), accountFrozen())
      .when(depositMoney(eur(1n)))
      .thenRejects('ACCOUNT_FROZEN');
  });

  it('reaches an account that is no longer frozen', () => {
    given(accountOpened(), accountFrozen(), accountUnfrozen())
      .when(depositMoney(eur(1n)))
      .then(moneyDeposited(eur(1n)));
  });

  it('is in the currency of the account', () => {
    given(accountOpened())
      .when(depositMoney(usd(1n)))
      .thenRejects('CURRENCY_MISMATCH', { accountId: 'alice', accountCurrency: 'EUR', currency: 'USD' });
  });

  describe('with a value date', () => {
    it('may be dated back to the opening, before what was booked since', () => {
      given(accountOpened(), moneyDeposited(eur(5n)))
        .when(depositMoney(eur(1n), { effectiveAt: START }))
        .then(at(START, moneyDeposited(eur(1n))));
    });

    it('cannot precede the opening by a millisecond', () => {
      given(accountOpened())
        .when(depositMoney(eur(1n), { effectiveAt: START - 1 }))
        .thenRejects('EFFECTIVE_BEFORE_OPENING', { accountId: 'alice' });
    });

    it('is measured against the value date of the opening, not against when that was recorded', () => {
      const openedBefore = at(START - 10, accountOpened());
      given(openedBefore)
        .when(depositMoney(eur(1n), { effectiveAt: START - 10 }))
        .then(at(START - 10, moneyDeposited(eur(1n))));
      given(openedBefore)
        .when(depositMoney(eur(1n), { effectiveAt: START - 11 }))
        .thenRejects('EFFECTIVE_BEFORE_OPENING');
    });

    it('may be the moment it is recorded', () => {
      given(accountOpened())
        .when(depositMoney(eur(1n), { effectiveAt: NOW }))
        .then(moneyDeposited(eur(1n)));
    });

    it('cannot lie a millisecond after it is recorded', () => {
      given(accountOpened())
        .when(depositMoney(eur(1n), { effectiveAt: NOW + 1 }))
        .thenRejects('EFFECTIVE_IN_FUTURE');
    });
  });

  describe('up to a balance of 2^53 − 1', () => {
    it('may fill the ledger balance', () => {
      given(accountOpened(), moneyDeposited(eur(1n)))
        .when(depositMoney(eur(LARGEST_AMOUNT - 1n)))
        .then(moneyDeposited(eur(LARGEST_AMOUNT - 1n)));
    });

    it('cannot pass it by one', () => {
      given(accountOpened(), moneyDeposited(eur(1n)))
        .when(depositMoney(eur(LARGEST_AMOUNT)))
        .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'alice' });
    });

    it('may fill the available balance, which has the overdraft limit on top', () => {
      given(accountOpened({ overdraftLimit: 10n }))
        .when(depositMoney(eur(LARGEST_AMOUNT - 10n)))
        .then(moneyDeposited(eur(LARGEST_AMOUNT - 10n)));
    });

    it('cannot pass the limit of the available balance by one', () => {
      given(accountOpened({ overdraftLimit: 10n }))
        .when(depositMoney(eur(LARGEST_AMOUNT - 9n)))
        .thenRejects('BALANCE_LIMIT_EXCEEDED');
    });

    it('may be larger than the limit less the overdraft where the account is overdrawn', () => {
      given(accountOpened({ overdraftLimit: 10n }), moneyWithdrawn(eur(10n)))
        .when(depositMoney(eur(LARGEST_AMOUNT)))
        .then(moneyDeposited(eur(LARGEST_AMOUNT)));
    });
  });
});
