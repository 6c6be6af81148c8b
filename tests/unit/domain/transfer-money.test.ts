import { describe, it } from 'vitest';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  at,
  BOB,
  decidedId,
  eur,
  type Fact,
  moneyDeposited,
  moneyWithdrawn,
  MINUTE,
  NOW,
  on,
  START,
  transferReceived,
  transferSent,
  usd,
} from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import { transferMoney } from '../../support/wishes.ts';

const alice = [accountOpened(), moneyDeposited(eur(10_00n))] as const;
const bob = accountOpened({ accountId: BOB });

/** Both legs of a decided transfer: one transfer id, and each names the event of the other. */
const bothLegs = (amount: bigint, remarks: { reference?: string; metadata?: Record<string, string> } = {}): Fact[] => [
  transferSent(eur(amount), { counterpart: decidedId(2), ...remarks }),
  transferReceived(eur(amount), { counterpart: decidedId(1), ...remarks }),
];

describe('a transfer', () => {
  it('is two events that share its id and name each other, the debit first', () => {
    given(...alice, bob)
      .when(transferMoney(eur(3_00n)))
      .then(...bothLegs(3_00n));
  });

  it('says the same about itself on both accounts', () => {
    const remarks = { reference: 'rent', metadata: { month: '3' } };
    given(...alice, bob)
      .when(transferMoney(eur(1n), remarks))
      .then(...bothLegs(1n, remarks));
  });

  it('takes exactly what the sender has available', () => {
    given(...alice, bob)
      .when(transferMoney(eur(10_00n)))
      .then(...bothLegs(10_00n));
  });

  it('rejects one more than that, naming the sender', () => {
    given(...alice, bob)
      .when(transferMoney(eur(10_01n)))
      .thenRejects('INSUFFICIENT_FUNDS', { accountId: 'alice' });
  });

  it('may use the overdraft of the sender, never that of the receiver', () => {
    given(accountOpened({ overdraftLimit: 5n }), bob)
      .when(transferMoney(eur(5n)))
      .then(...bothLegs(5n));
    given(accountOpened(), accountOpened({ accountId: BOB, overdraftLimit: 5n }))
      .when(transferMoney(eur(5n)))
      .thenRejects('INSUFFICIENT_FUNDS', { accountId: 'alice' });
  });

  it('needs two different accounts', () => {
    given(...alice)
      .when(transferMoney(eur(1n), { to: 'alice' }))
      .thenRejects('SAME_ACCOUNT', { accountId: 'alice' });
  });

  it('needs the sender, then the receiver', () => {
    given(bob)
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
    given(...alice)
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'bob' });
    given()
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'alice' });
  });

  it('is refused where either account is closed', () => {
    given(accountOpened(), accountClosed(), bob)
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_CLOSED', { accountId: 'alice' });
    given(...alice, bob, on(BOB, accountClosed()))
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_CLOSED', { accountId: 'bob' });
  });

  it('is refused where either account is frozen', () => {
    given(...alice, accountFrozen(), bob)
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_FROZEN', { accountId: 'alice' });
    given(...alice, bob, on(BOB, accountFrozen()))
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_FROZEN', { accountId: 'bob' });
  });

  it('asks each rule of both accounts before the next rule', () => {
    given(...alice, accountFrozen(), bob, on(BOB, accountClosed()))
      .when(transferMoney(eur(1n)))
      .thenRejects('ACCOUNT_CLOSED', { accountId: 'bob' });
  });

  it('is in the currency of both accounts', () => {
    given(...alice, bob)
      .when(transferMoney(usd(1n)))
      .thenRejects('CURRENCY_MISMATCH', { accountId: 'alice' });
    given(...alice, accountOpened({ accountId: BOB, currency: 'USD' }))
      .when(transferMoney(eur(1n)))
      .thenRejects('CURRENCY_MISMATCH', { accountId: 'bob', accountCurrency: 'USD', currency: 'EUR' });
  });

  describe('with a value date', () => {
    const openedLater = START + 2 * MINUTE;

    it('may be dated back to when the younger account was opened, on both legs alike', () => {
      given(...alice, bob)
        .when(transferMoney(eur(1n), { effectiveAt: openedLater }))
        .then(...bothLegs(1n).map((leg) => at(openedLater, leg)));
    });

    it('cannot precede the opening of the receiver', () => {
      given(...alice, bob)
        .when(transferMoney(eur(1n), { effectiveAt: openedLater - 1 }))
        .thenRejects('EFFECTIVE_BEFORE_OPENING', { accountId: 'bob' });
    });

    it('cannot precede the opening of the sender', () => {
      given(bob, ...alice)
        .when(transferMoney(eur(1n), { effectiveAt: START + MINUTE - 1 }))
        .thenRejects('EFFECTIVE_BEFORE_OPENING', { accountId: 'alice' });
    });

    it('may be the moment it is recorded, and no later', () => {
      given(...alice, bob)
        .when(transferMoney(eur(1n), { effectiveAt: NOW }))
        .then(...bothLegs(1n));
      given(...alice, bob)
        .when(transferMoney(eur(1n), { effectiveAt: NOW + 1 }))
        .thenRejects('EFFECTIVE_IN_FUTURE');
    });
  });

  describe('up to a balance of 2^53 − 1 at the receiver', () => {
    const rich = on(BOB, moneyDeposited(eur(LARGEST_AMOUNT - 10_00n)));

    it('may fill it', () => {
      given(...alice, bob, rich)
        .when(transferMoney(eur(10_00n)))
        .then(...bothLegs(10_00n));
    });

    it('cannot pass it by one', () => {
      given(...alice, moneyDeposited(eur(1n)), bob, rich)
        .when(transferMoney(eur(10_01n)))
        .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'bob' });
    });

    it('counts the overdraft limit of the receiver', () => {
      given(...alice, accountOpened({ accountId: BOB, overdraftLimit: 1n }), rich)
        .when(transferMoney(eur(10_00n)))
        .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'bob' });
    });

    it('may carry the largest amount there is', () => {
      given(
        accountOpened({ overdraftLimit: LARGEST_AMOUNT }),
        bob,
        on(BOB, moneyDeposited(eur(1n))),
        on(BOB, moneyWithdrawn(eur(1n))),
      )
        .when(transferMoney(eur(LARGEST_AMOUNT)))
        .then(...bothLegs(LARGEST_AMOUNT));
    });
  });
});
