import { describe, it } from 'vitest';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import { accountClosed, accountOpened, at, eur, moneyDeposited, NOW, on } from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import { openAccount } from '../../support/wishes.ts';

describe('opening an account', () => {
  it('begins it now, empty and without an overdraft', () => {
    given().when(openAccount()).then(accountOpened());
  });

  it('keeps overdraft limit and metadata', () => {
    given()
      .when(openAccount({ overdraftLimit: 5_00n, metadata: { branch: '7' } }))
      .then(accountOpened({ overdraftLimit: 5_00n, metadata: { branch: '7' } }));
  });

  it('books the initial deposit as a second event of the same moment', () => {
    given()
      .when(openAccount({ initialDeposit: { amount: 10_00n, reference: 'first', source: 'cash' } }))
      .then(accountOpened(), moneyDeposited(eur(10_00n), { reference: 'first', source: 'cash' }));
  });

  it('may lie in the past, and then the initial deposit does too', () => {
    given()
      .when(openAccount({ effectiveAt: NOW - 1, initialDeposit: { amount: 1n } }))
      .then(at(NOW - 1, accountOpened()), at(NOW - 1, moneyDeposited(eur(1n))));
  });

  it('may be effective at the very moment it is recorded', () => {
    given()
      .when(openAccount({ effectiveAt: NOW }))
      .then(accountOpened());
  });

  it('cannot be effective one millisecond after it is recorded', () => {
    given()
      .when(openAccount({ effectiveAt: NOW + 1 }))
      .thenRejects('EFFECTIVE_IN_FUTURE');
  });

  it('refuses an account id that is taken', () => {
    given(accountOpened()).when(openAccount()).thenRejects('ACCOUNT_ALREADY_EXISTS', { accountId: 'alice' });
  });

  it('refuses the id of a closed account: ids are never used again', () => {
    given(accountOpened(), accountClosed()).when(openAccount()).thenRejects('ACCOUNT_ALREADY_EXISTS');
  });

  it('does not care for other accounts', () => {
    given(accountOpened())
      .when(openAccount({ accountId: 'bob' }))
      .then(on('bob', accountOpened({ accountId: 'bob' })));
  });

  describe('up to 2^53 − 1', () => {
    it('takes an initial deposit of exactly that', () => {
      given()
        .when(openAccount({ initialDeposit: { amount: LARGEST_AMOUNT } }))
        .then(accountOpened(), moneyDeposited(eur(LARGEST_AMOUNT)));
    });

    it('takes a deposit and an overdraft limit of exactly that together', () => {
      given()
        .when(openAccount({ overdraftLimit: 1n, initialDeposit: { amount: LARGEST_AMOUNT - 1n } }))
        .then(accountOpened({ overdraftLimit: 1n }), moneyDeposited(eur(LARGEST_AMOUNT - 1n)));
    });

    it('refuses one more, because the available balance would pass it', () => {
      given()
        .when(openAccount({ overdraftLimit: 1n, initialDeposit: { amount: LARGEST_AMOUNT } }))
        .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'alice' });
    });

    it('takes an overdraft limit of exactly that', () => {
      given()
        .when(openAccount({ overdraftLimit: LARGEST_AMOUNT }))
        .then(accountOpened({ overdraftLimit: LARGEST_AMOUNT }));
    });
  });
});
