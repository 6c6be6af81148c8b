import { describe, it } from 'vitest';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  accountUnfrozen,
  eur,
  moneyDeposited,
  moneyWithdrawn,
  overdraftLimitChanged,
} from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import { changeOverdraftLimit, closeAccount, freezeAccount, unfreezeAccount } from '../../support/wishes.ts';

describe('freezing', () => {
  it('stops an active account', () => {
    given(accountOpened()).when(freezeAccount()).then(accountFrozen());
  });

  it('may happen again after an unfreeze', () => {
    given(accountOpened(), accountFrozen(), accountUnfrozen()).when(freezeAccount()).then(accountFrozen());
  });

  it('needs an account', () => {
    given().when(freezeAccount()).thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('is too late for a closed account', () => {
    given(accountOpened(), accountClosed()).when(freezeAccount()).thenRejects('ACCOUNT_CLOSED');
  });

  it('cannot be done twice', () => {
    given(accountOpened(), accountFrozen()).when(freezeAccount()).thenRejects('ACCOUNT_FROZEN');
  });
});

describe('unfreezing', () => {
  it('ends a freeze', () => {
    given(accountOpened(), accountFrozen()).when(unfreezeAccount()).then(accountUnfrozen());
  });

  it('needs an account', () => {
    given().when(unfreezeAccount()).thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('does not bring a closed account back, also where it was frozen when it was closed', () => {
    given(accountOpened(), accountFrozen(), accountClosed()).when(unfreezeAccount()).thenRejects('ACCOUNT_CLOSED');
  });

  it('needs a freeze', () => {
    given(accountOpened()).when(unfreezeAccount()).thenRejects('ACCOUNT_NOT_FROZEN', { accountId: 'alice' });
  });
});

describe('closing', () => {
  it('ends an account that was always empty', () => {
    given(accountOpened()).when(closeAccount()).then(accountClosed());
  });

  it('ends an account that is empty again', () => {
    given(accountOpened(), moneyDeposited(eur(5n)), moneyWithdrawn(eur(5n)))
      .when(closeAccount())
      .then(accountClosed());
  });

  it('may end a frozen account: nothing moves', () => {
    given(accountOpened(), accountFrozen()).when(closeAccount()).then(accountClosed());
  });

  it('may end an account with an overdraft limit that is not in use', () => {
    given(accountOpened({ overdraftLimit: 5n }))
      .when(closeAccount())
      .then(accountClosed());
  });

  it('needs an account', () => {
    given().when(closeAccount()).thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('cannot be done twice', () => {
    given(accountOpened(), accountClosed()).when(closeAccount()).thenRejects('ACCOUNT_CLOSED');
  });

  it('is refused with one minor unit left', () => {
    given(accountOpened(), moneyDeposited(eur(1n)))
      .when(closeAccount())
      .thenRejects('ACCOUNT_NOT_EMPTY', { accountId: 'alice' });
  });

  it('is refused with one minor unit owed', () => {
    given(accountOpened({ overdraftLimit: 1n }), moneyWithdrawn(eur(1n)))
      .when(closeAccount())
      .thenRejects('ACCOUNT_NOT_EMPTY');
  });
});

describe('changing the overdraft limit', () => {
  it('sets it, in the currency of the account', () => {
    given(accountOpened())
      .when(changeOverdraftLimit(eur(5n)))
      .then(overdraftLimitChanged(eur(5n)));
  });

  it('works on a frozen account: nothing moves', () => {
    given(accountOpened(), accountFrozen())
      .when(changeOverdraftLimit(eur(5n)))
      .then(overdraftLimitChanged(eur(5n)));
  });

  it('needs an account', () => {
    given()
      .when(changeOverdraftLimit(eur(5n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('is refused by a closed account', () => {
    given(accountOpened(), accountClosed())
      .when(changeOverdraftLimit(eur(5n)))
      .thenRejects('ACCOUNT_CLOSED');
  });

  it('may go down to what is in use', () => {
    given(accountOpened({ overdraftLimit: 10n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(7n)))
      .then(overdraftLimitChanged(eur(7n)));
  });

  it('cannot go one below what is in use', () => {
    given(accountOpened({ overdraftLimit: 10n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(6n)))
      .thenRejects('OVERDRAFT_IN_USE', { accountId: 'alice' });
  });

  it('may go back to none where none is in use', () => {
    given(accountOpened({ overdraftLimit: 10n }))
      .when(changeOverdraftLimit(eur(0n)))
      .then(overdraftLimitChanged(eur(0n)));
  });

  it('may be raised while it is in use', () => {
    given(accountOpened({ overdraftLimit: 7n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(8n)))
      .then(overdraftLimitChanged(eur(8n)));
  });

  it('may be raised by too little, where history left the account below its limit', () => {
    given(accountOpened({ overdraftLimit: 1n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(2n)))
      .then(overdraftLimitChanged(eur(2n)));
    given(accountOpened({ overdraftLimit: 1n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(0n)))
      .thenRejects('OVERDRAFT_IN_USE');
  });

  it('may be set to what it is, where history left the account below its limit', () => {
    given(accountOpened({ overdraftLimit: 1n }), moneyWithdrawn(eur(7n)))
      .when(changeOverdraftLimit(eur(1n)))
      .then(overdraftLimitChanged(eur(1n)));
  });

  it('may raise the available balance to 2^53 − 1', () => {
    given(accountOpened(), moneyDeposited(eur(1n)))
      .when(changeOverdraftLimit(eur(LARGEST_AMOUNT - 1n)))
      .then(overdraftLimitChanged(eur(LARGEST_AMOUNT - 1n)));
  });

  it('cannot raise the available balance beyond 2^53 − 1', () => {
    given(accountOpened(), moneyDeposited(eur(1n)))
      .when(changeOverdraftLimit(eur(LARGEST_AMOUNT)))
      .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'alice' });
  });
});
