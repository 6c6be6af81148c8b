import { describe, expect, it } from 'vitest';
import { MOST_HOLDS } from '../../../src/domain/hold/hold.ts';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  eur,
  holdCaptured,
  holdExpired,
  holdPlaced,
  holdReleased,
  MINUTE,
  moneyDeposited,
  moneyWithdrawn,
  NOW,
  usd,
} from '../../support/facts.ts';
import { foldOf, given } from '../../support/given.ts';
import {
  captureHold,
  changeOverdraftLimit,
  closeAccount,
  depositMoney,
  expireHold,
  placeHold,
  releaseHold,
  reverseEvent,
  withdrawMoney,
} from '../../support/wishes.ts';

const funded = [accountOpened(), moneyDeposited(eur(10n))];
// Behind two hundred given events, a minute apart.
const FAR = NOW + 24 * 60 * MINUTE;

const held = [...funded, holdPlaced(eur(4n))];
const ends = (expiresAt: number) => [...funded, holdPlaced(eur(4n), { expiresAt })];

/** As many holds of one unit each. */
const holds = (count: number) =>
  Array.from({ length: count }, (_, index) => holdPlaced(eur(1n), { holdId: `one-${index}` }));

describe('placing a hold', () => {
  it('reserves the amount, with all that the client said', () => {
    const said = { reference: 'order', metadata: { table: '7' }, expiresAt: NOW + 1 };
    given(...funded)
      .when(placeHold(eur(4n), said))
      .then(holdPlaced(eur(4n), said));
    given(...funded)
      .when(placeHold(eur(4n)))
      .then(holdPlaced(eur(4n)));
  });

  it('takes all that is available, the overdraft included, and not one unit more', () => {
    const rich = [accountOpened({ overdraftLimit: 5n }), moneyDeposited(eur(10n)), holdPlaced(eur(4n))];
    const more = { holdId: 'more' };
    given(...rich)
      .when(placeHold(eur(11n), more))
      .then(holdPlaced(eur(11n), more));
    given(...rich)
      .when(placeHold(eur(12n), more))
      .thenRejects('INSUFFICIENT_FUNDS');
  });

  it('is refused under an id that was used before, whatever became of the hold', () => {
    for (const ending of [[], [holdCaptured(eur(4n))], [holdReleased(eur(4n))], [holdExpired(eur(4n), NOW)]]) {
      given(...held, ...ending)
        .when(placeHold(eur(1n)))
        .thenRejects('HOLD_ALREADY_EXISTS', { holdId: 'hold-1' });
    }
  });

  it('must end in the future', () => {
    given(...funded)
      .when(placeHold(eur(1n), { expiresAt: NOW }))
      .thenRejects('HOLD_EXPIRES_IN_PAST');
    given(...funded)
      .when(placeHold(eur(1n), { expiresAt: NOW + 1 }))
      .thenAccepts();
  });

  it('is refused beyond 200 open ones, and possible again when one has ended', () => {
    const many = [accountOpened(), moneyDeposited(eur(1_000n)), ...holds(MOST_HOLDS - 1)];
    const last = holdPlaced(eur(1n), { holdId: 'last' });
    given(...many)
      .when(placeHold(eur(1n)), FAR)
      .thenAccepts();
    given(...many, last)
      .when(placeHold(eur(1n)), FAR)
      .thenRejects('HOLD_LIMIT_EXCEEDED', { limit: '200' });
    given(...many, last, holdReleased(eur(1n), { holdId: 'one-0' }))
      .when(placeHold(eur(1n)), FAR)
      .thenAccepts();
  });

  it('is refused on a frozen account, and in another currency', () => {
    given(...funded, accountFrozen())
      .when(placeHold(eur(1n)))
      .thenRejects('ACCOUNT_FROZEN');
    given(...funded)
      .when(placeHold(usd(1n)))
      .thenRejects('CURRENCY_MISMATCH');
  });
});

describe('capturing a hold', () => {
  it('takes all of it, unless a part is asked for; the rest is free again', () => {
    given(...held)
      .when(captureHold())
      .then(holdCaptured(eur(4n)));
    given(...held)
      .when(captureHold({ amount: 4n }))
      .then(holdCaptured(eur(4n)));
    given(...held)
      .when(captureHold({ amount: 3n, currency: 'EUR', destination: 'shop', reference: 'order' }))
      .then(holdCaptured(eur(3n), { of: 4n, destination: 'shop', reference: 'order' }));
    expect(foldOf(accountOpened(), ...held.slice(1), holdCaptured(eur(3n), { of: 4n }))).toMatchObject({
      ledgerBalance: 7n,
      heldAmount: 0n,
      holds: [],
    });
  });

  it('takes no unit more than the hold, however much is available', () => {
    given(...held)
      .when(captureHold({ amount: 5n }))
      .thenRejects('CAPTURE_EXCEEDS_HOLD', { holdAmount: '4' });
  });

  it('needs no funds of its own', () => {
    given(...held, moneyWithdrawn(eur(6n)))
      .when(captureHold())
      .thenAccepts();
  });

  it('happens once', () => {
    given(...held, holdCaptured(eur(3n), { of: 4n }))
      .when(captureHold({ amount: 1n }))
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'captured' });
    given(...held, holdReleased(eur(4n)))
      .when(captureHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'released' });
  });

  it('is refused from the end of the hold on, whether or not it was recorded', () => {
    given(...ends(NOW + 1))
      .when(captureHold())
      .thenAccepts();
    given(...ends(NOW))
      .when(captureHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'expired' });
    given(...ends(NOW), holdExpired(eur(4n), NOW))
      .when(captureHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'expired' });
  });

  it('is refused on a frozen account, and in another currency', () => {
    given(...held, accountFrozen())
      .when(captureHold())
      .thenRejects('ACCOUNT_FROZEN');
    given(...held)
      .when(captureHold({ currency: 'USD' }))
      .thenRejects('CURRENCY_MISMATCH');
  });

  it('can be reversed like a withdrawal, and the hold stays ended', () => {
    const captured = [...held, holdCaptured(eur(3n), { of: 4n })];
    given(...captured)
      .when(reverseEvent(4, 3n))
      .thenAccepts();
    given(...captured)
      .when(reverseEvent(4, 4n))
      .thenRejects('REVERSAL_EXCEEDS_ORIGINAL', { remaining: '3' });
    given(...held)
      .when(reverseEvent(2, 7n))
      .thenRejects('INSUFFICIENT_FUNDS');
  });
});

describe('releasing a hold', () => {
  it('gives back all of it', () => {
    given(...held)
      .when(releaseHold({ reason: 'sold out' }))
      .then(holdReleased(eur(4n), { reason: 'sold out' }));
    given(...held)
      .when(releaseHold())
      .then(holdReleased(eur(4n)));
  });

  it('is possible on a frozen account: nothing moves', () => {
    given(...held, accountFrozen())
      .when(releaseHold())
      .thenAccepts();
  });

  it('is refused where the hold has ended, or was never placed', () => {
    given(...held, holdReleased(eur(4n)))
      .when(releaseHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'released' });
    given(...ends(NOW))
      .when(releaseHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'expired' });
    given(...funded)
      .when(releaseHold())
      .thenRejects('HOLD_NOT_FOUND', { holdId: 'hold-1' });
  });
});

describe('a hold that is due', () => {
  it('expires, and not a millisecond early', () => {
    given(...ends(NOW))
      .when(expireHold())
      .then(holdExpired(eur(4n), NOW));
    given(...ends(NOW + 1))
      .when(expireHold())
      .thenRejects('EFFECTIVE_IN_FUTURE');
  });

  it('expires on a frozen account, too, or it would never end', () => {
    given(...ends(NOW), accountFrozen())
      .when(expireHold())
      .thenAccepts();
  });

  it('expires once, and not when it has ended otherwise', () => {
    given(...ends(NOW), holdExpired(eur(4n), NOW))
      .when(expireHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'expired' });
    given(...ends(NOW), holdCaptured(eur(4n)))
      .when(expireHold())
      .thenRejects('HOLD_NOT_OPEN', { holdStatus: 'captured' });
  });

  it('must have an end to be due', () => {
    given(...held)
      .when(expireHold())
      .thenRejects('EFFECTIVE_IN_FUTURE');
  });
});

describe('what is held', () => {
  it('cannot be withdrawn', () => {
    given(...held)
      .when(withdrawMoney(eur(6n)))
      .thenAccepts();
    given(...held)
      .when(withdrawMoney(eur(7n)))
      .thenRejects('INSUFFICIENT_FUNDS');
  });

  it('keeps an account open, and keeps its limit up', () => {
    const nothingLeft = [accountOpened({ overdraftLimit: 4n }), holdPlaced(eur(4n))];
    given(...nothingLeft)
      .when(closeAccount())
      .thenRejects('ACCOUNT_NOT_EMPTY');
    given(...nothingLeft)
      .when(changeOverdraftLimit(eur(3n)))
      .thenRejects('OVERDRAFT_IN_USE');
    given(...nothingLeft, holdReleased(eur(4n)), accountClosed())
      .when(releaseHold())
      .thenRejects('ACCOUNT_CLOSED');
  });

  it('makes no room: all of it can be free again at once', () => {
    const full = [accountOpened(), moneyDeposited(eur(LARGEST_AMOUNT)), holdPlaced(eur(LARGEST_AMOUNT))];
    given(...full)
      .when(changeOverdraftLimit(eur(1n)))
      .thenRejects('BALANCE_LIMIT_EXCEEDED');
    const half = [accountOpened({ overdraftLimit: 1n }), moneyDeposited(eur(LARGEST_AMOUNT - 2n))];
    given(...half, holdPlaced(eur(9n)))
      .when(depositMoney(eur(2n)))
      .thenRejects('BALANCE_LIMIT_EXCEEDED');
    given(...half, holdPlaced(eur(9n)))
      .when(depositMoney(eur(1n)))
      .thenAccepts();
  });

  it('belongs to an account that has been opened', () => {
    for (const wish of [placeHold(eur(1n)), captureHold(), releaseHold(), expireHold()]) {
      given().when(wish).thenRejects('ACCOUNT_NOT_FOUND');
    }
  });
});
