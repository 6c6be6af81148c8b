import { describe, expect, it } from 'vitest';
import { mustBeReversible } from '../../../src/domain/reversal/reversal.ts';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  accountUnfrozen,
  at,
  BOB,
  eur,
  type Fact,
  givenId,
  holdCaptured,
  holdExpired,
  holdPlaced,
  holdReleased,
  moneyDeposited,
  moneyWithdrawn,
  on,
  overdraftLimitChanged,
  START,
  transactionReversed,
  transferred,
  transferSent,
} from '../../support/facts.ts';
import { given, historyOf } from '../../support/given.ts';
import { reverseEvent } from '../../support/wishes.ts';

const reversedDeposit = (amount: bigint, { original = 2, of = 10n, total = amount } = {}): Fact =>
  transactionReversed(eur(amount), { original: givenId(original), type: 'MoneyDeposited', of, total });

const reversedWithdrawal = (amount: bigint, { original = 3, of = 10n, total = amount } = {}): Fact =>
  transactionReversed(eur(amount), { original: givenId(original), type: 'MoneyWithdrawn', of, total });

describe('reversing a deposit', () => {
  const deposited = [accountOpened(), moneyDeposited(eur(10n))] as const;

  it('takes all of it back where no amount is named', () => {
    given(...deposited)
      .when(reverseEvent(2))
      .then(reversedDeposit(10n));
  });

  it('takes a part back', () => {
    given(...deposited)
      .when(reverseEvent(2, 4n))
      .then(reversedDeposit(4n));
  });

  it('takes the rest back where no amount is named', () => {
    given(...deposited, reversedDeposit(4n))
      .when(reverseEvent(2))
      .then(reversedDeposit(6n, { total: 10n }));
  });

  it('takes part after part back, up to the original', () => {
    given(...deposited, reversedDeposit(4n))
      .when(reverseEvent(2, 6n))
      .then(reversedDeposit(6n, { total: 10n }));
  });

  it('cannot take one more back than the original', () => {
    given(...deposited, moneyDeposited(eur(5n)))
      .when(reverseEvent(2, 11n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { eventId: 'given-2', remaining: '10' });
  });

  it('cannot take one more back than is left', () => {
    given(...deposited, moneyDeposited(eur(5n)), reversedDeposit(4n))
      .when(reverseEvent(2, 7n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { remaining: '6' });
  });

  it('cannot be done again once nothing is left, with an amount or without', () => {
    const whole = [...deposited, moneyDeposited(eur(5n)), reversedDeposit(10n)] as const;
    given(...whole)
      .when(reverseEvent(2))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { remaining: '0' });
    given(...whole)
      .when(reverseEvent(2, 1n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { remaining: '0' });
  });

  it('cannot take nothing back', () => {
    given(...deposited)
      .when(reverseEvent(2, 0n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL');
  });

  it('cannot take a negative amount back', () => {
    given(...deposited)
      .when(reverseEvent(2, -1n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL');
  });

  it('needs exactly that much to be available', () => {
    given(...deposited, moneyWithdrawn(eur(4n)))
      .when(reverseEvent(2, 6n))
      .then(reversedDeposit(6n));
    given(...deposited, moneyWithdrawn(eur(4n)))
      .when(reverseEvent(2, 7n))
      .thenRejects('INSUFFICIENT_FUNDS', { accountId: 'alice' });
  });

  it('may use the overdraft', () => {
    given(...deposited, moneyWithdrawn(eur(4n)), overdraftLimitChanged(eur(4n)))
      .when(reverseEvent(2))
      .then(reversedDeposit(10n));
  });

  it('needs no room on the account, which it only makes emptier', () => {
    given(accountOpened(), moneyDeposited(eur(10n)), moneyDeposited(eur(LARGEST_AMOUNT - 10n)))
      .when(reverseEvent(2))
      .then(reversedDeposit(10n));
  });

  it('keeps two deposits apart', () => {
    given(...deposited, moneyDeposited(eur(10n)), reversedDeposit(10n))
      .when(reverseEvent(3))
      .then(reversedDeposit(10n, { original: 3 }));
  });

  it('is refused by a frozen and by a closed account', () => {
    given(...deposited, accountFrozen())
      .when(reverseEvent(2))
      .thenRejects('ACCOUNT_FROZEN');
    given(...deposited, moneyWithdrawn(eur(10n)), accountClosed())
      .when(reverseEvent(2))
      .thenRejects('ACCOUNT_CLOSED');
  });

  it('counts from now, whatever the value date of the original', () => {
    given(accountOpened(), at(START, moneyDeposited(eur(10n))))
      .when(reverseEvent(2))
      .then(reversedDeposit(10n));
  });
});

describe('reversing a withdrawal', () => {
  const withdrawn = [accountOpened(), moneyDeposited(eur(10n)), moneyWithdrawn(eur(10n))] as const;

  it('gives all of it back, or a part', () => {
    given(...withdrawn)
      .when(reverseEvent(3))
      .then(reversedWithdrawal(10n));
    given(...withdrawn)
      .when(reverseEvent(3, 1n))
      .then(reversedWithdrawal(1n));
  });

  it('gives back at most what is left', () => {
    given(...withdrawn, reversedWithdrawal(9n))
      .when(reverseEvent(3, 1n))
      .then(reversedWithdrawal(1n, { total: 10n }));
    given(...withdrawn, reversedWithdrawal(9n))
      .when(reverseEvent(3, 2n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { remaining: '1' });
  });

  it('may fill the balance up to 2^53 − 1, and not beyond', () => {
    given(...withdrawn, moneyDeposited(eur(LARGEST_AMOUNT - 10n)))
      .when(reverseEvent(3))
      .then(reversedWithdrawal(10n));
    given(...withdrawn, moneyDeposited(eur(LARGEST_AMOUNT - 9n)))
      .when(reverseEvent(3))
      .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'alice' });
  });
});

describe('reversing a transfer', () => {
  // Alice is opened and funded, Bob is opened; the transfer is the fourth and fifth event.
  const accounts = [accountOpened(), moneyDeposited(eur(10n)), accountOpened({ accountId: BOB })] as const;
  const sent = [...accounts, ...transferred(4, eur(10n))] as const;
  const [SENT, RECEIVED] = [4, 5];

  const sentReversed = (amount: bigint, total = amount): Fact => {
    const original = {
      original: givenId(SENT),
      type: 'TransferSent',
      of: 10n,
      total,
      transferId: 'transfer-1',
    } as const;
    return transactionReversed(eur(amount), original);
  };
  const receivedReversed = (amount: bigint, total = amount): Fact => {
    const original = {
      original: givenId(RECEIVED),
      type: 'TransferReceived',
      of: 10n,
      total,
      transferId: 'transfer-1',
    } as const;
    return on(BOB, transactionReversed(eur(amount), original));
  };

  it('reverses both legs, the named one first', () => {
    given(...sent)
      .when(reverseEvent(SENT))
      .then(sentReversed(10n), receivedReversed(10n));
    given(...sent)
      .when(reverseEvent(RECEIVED))
      .then(receivedReversed(10n), sentReversed(10n));
  });

  it('takes a part back of both', () => {
    given(...sent)
      .when(reverseEvent(SENT, 3n))
      .then(sentReversed(3n), receivedReversed(3n));
  });

  it('counts what was taken back by way of the other leg', () => {
    given(...sent, sentReversed(3n), receivedReversed(3n))
      .when(reverseEvent(RECEIVED))
      .then(receivedReversed(7n, 10n), sentReversed(7n, 10n));
    given(...sent, sentReversed(3n), receivedReversed(3n))
      .when(reverseEvent(RECEIVED, 8n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { eventId: 'given-5', remaining: '7' });
  });

  it('needs exactly that much to be available at the receiver', () => {
    given(...sent, on(BOB, moneyWithdrawn(eur(4n))))
      .when(reverseEvent(SENT, 6n))
      .then(sentReversed(6n), receivedReversed(6n));
    given(...sent, on(BOB, moneyWithdrawn(eur(4n))))
      .when(reverseEvent(SENT, 7n))
      .thenRejects('INSUFFICIENT_FUNDS', { accountId: 'bob' });
  });

  it('may fill the balance of the sender up to 2^53 − 1, and not beyond', () => {
    given(...sent, moneyDeposited(eur(LARGEST_AMOUNT - 10n)))
      .when(reverseEvent(SENT))
      .then(sentReversed(10n), receivedReversed(10n));
    given(...sent, moneyDeposited(eur(LARGEST_AMOUNT - 9n)))
      .when(reverseEvent(SENT))
      .thenRejects('BALANCE_LIMIT_EXCEEDED', { accountId: 'alice' });
  });

  it('is refused where either account is frozen', () => {
    for (const [accountId, leg] of [
      ['alice', SENT],
      ['alice', RECEIVED],
      ['bob', SENT],
      ['bob', RECEIVED],
    ] as const) {
      given(...sent, on(accountId, accountFrozen()))
        .when(reverseEvent(leg))
        .thenRejects('ACCOUNT_FROZEN', { accountId });
    }
  });

  it('is refused where either account is closed', () => {
    given(...sent, accountClosed())
      .when(reverseEvent(RECEIVED))
      .thenRejects('ACCOUNT_CLOSED', { accountId: 'alice' });
    given(...sent, on(BOB, moneyWithdrawn(eur(10n))), on(BOB, accountClosed()))
      .when(reverseEvent(SENT))
      .thenRejects('ACCOUNT_CLOSED', { accountId: 'bob' });
  });

  it('needs the account of the other leg', () => {
    given(accountOpened(), transferSent(eur(1n), { counterpart: givenId(3) }))
      .when(reverseEvent(2))
      .thenRejects('ACCOUNT_NOT_FOUND', { accountId: 'bob' });
  });
});

describe('what can be reversed', () => {
  const facts = [
    accountOpened(),
    moneyDeposited(eur(10n)),
    moneyWithdrawn(eur(1n)),
    accountOpened({ accountId: BOB }),
    ...transferred(5, eur(1n)),
    reversedDeposit(1n),
    holdPlaced(eur(1n)),
    holdCaptured(eur(1n)),
    holdReleased(eur(1n)),
    holdExpired(eur(1n), START),
    accountFrozen(),
    accountUnfrozen(),
    overdraftLimitChanged(eur(5n)),
    accountClosed(),
  ];

  it.each(historyOf(facts).events.map((event) => [event.type, event] as const))('%s', (type, event) => {
    const moving = ['MoneyDeposited', 'MoneyWithdrawn', 'HoldCaptured', 'TransferSent', 'TransferReceived'];
    const movesMoney = moving.includes(type);
    if (movesMoney) expect(mustBeReversible(event)).toBe(event);
    else {
      expect(() => mustBeReversible(event)).toThrow(
        expect.objectContaining({ code: 'NOT_REVERSIBLE', details: { eventId: event.eventId, eventType: type } }),
      );
    }
  });
});
