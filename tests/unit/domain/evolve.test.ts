import { describe, expect, it } from 'vitest';
import { Account } from '../../../src/domain/account/account.ts';
import { type AccountId, accountIdOf, streamIdOf } from '../../../src/domain/account/account-id.ts';
import { availableBalance, isOpened, versionOf } from '../../../src/domain/account/account-state.ts';
import type { ReversibleType } from '../../../src/domain/account/account-event.ts';
import { isCredit, postingOf } from '../../../src/domain/account/evolve.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  accountUnfrozen,
  ALICE,
  at,
  BOB,
  eur,
  type Fact,
  givenId,
  holdCaptured,
  holdExpired,
  holdPlaced,
  holdReleased,
  MINUTE,
  moneyDeposited,
  moneyWithdrawn,
  NOW,
  on,
  overdraftLimitChanged,
  START,
  transactionReversed,
  transferReceived,
  transferSent,
} from '../../support/facts.ts';
import { foldOf, historyOf } from '../../support/given.ts';

const leg = { counterpart: givenId(9) };

const reversed = (type: ReversibleType): Fact => transactionReversed(eur(4n), { original: givenId(2), type, of: 10n });

/** Each kind of event behind an opening and a deposit of 10, and what it changes. */
const changes: readonly [string, Fact, object][] = [
  ['MoneyDeposited', moneyDeposited(eur(4n)), { ledgerBalance: 14n }],
  ['MoneyWithdrawn', moneyWithdrawn(eur(4n)), { ledgerBalance: 6n }],
  ['TransferSent', transferSent(eur(4n), leg), { ledgerBalance: 6n }],
  ['TransferReceived', on(ALICE, transferReceived(eur(4n), leg)), { ledgerBalance: 14n }],
  ['TransactionReversed of a deposit', reversed('MoneyDeposited'), { ledgerBalance: 6n }],
  ['TransactionReversed of a withdrawal', reversed('MoneyWithdrawn'), { ledgerBalance: 14n }],
  ['TransactionReversed of a capture', reversed('HoldCaptured'), { ledgerBalance: 14n }],
  ['TransactionReversed of a transfer sent', reversed('TransferSent'), { ledgerBalance: 14n }],
  ['TransactionReversed of a transfer received', reversed('TransferReceived'), { ledgerBalance: 6n }],
  ['HoldPlaced', holdPlaced(eur(4n)), { heldAmount: 4n, holds: [{ holdId: 'hold-1', amount: 4n }] }],
  [
    'HoldPlaced with an end',
    holdPlaced(eur(4n), { expiresAt: NOW }),
    { heldAmount: 4n, holds: [{ holdId: 'hold-1', amount: 4n, expiresAt: NOW }] },
  ],
  ['AccountFrozen', accountFrozen(), { status: 'frozen' }],
  ['AccountClosed', accountClosed(), { status: 'closed' }],
  ['OverdraftLimitChanged', overdraftLimitChanged(eur(4n)), { overdraftLimit: 4n }],
];

const moves = (fact: Fact): boolean => postingOf(fact) !== undefined;

const base = [accountOpened({ metadata: { branch: '7' } }), moneyDeposited(eur(10n))] as const;

const afterBase = {
  status: 'active',
  accountId: 'alice',
  ownerId: 'owner',
  currency: 'EUR',
  ledgerBalance: 10n,
  heldAmount: 0n,
  holds: [],
  overdraftLimit: 0n,
  openedAt: START,
  latestEffectiveAt: START + MINUTE,
  recordedAt: START + MINUTE,
  version: 2,
  metadata: { branch: '7' },
};

describe('an account', () => {
  it('is unopened before its first event', () => {
    expect(Account.initialState()).toStrictEqual({ status: 'unopened' });
    expect(isOpened(Account.initialState())).toBe(false);
    expect(versionOf(Account.initialState())).toBe(0);
  });

  it('begins with its opening', () => {
    expect(foldOf(at(START - 5, accountOpened({ overdraftLimit: 3n })))).toStrictEqual({
      status: 'active',
      accountId: 'alice',
      ownerId: 'owner',
      currency: 'EUR',
      ledgerBalance: 0n,
      heldAmount: 0n,
      holds: [],
      overdraftLimit: 3n,
      openedAt: START - 5,
      latestEffectiveAt: START - 5,
      recordedAt: START,
      version: 1,
    });
  });

  it('is everything that its events say', () => {
    expect(foldOf(...base)).toStrictEqual(afterBase);
  });

  it.each(changes)('after %s', (_, fact, change) => {
    const recordedAt = START + 2 * MINUTE;
    expect(foldOf(...base, fact)).toStrictEqual({
      ...afterBase,
      recordedAt,
      version: 3,
      ...(moves(fact) && { latestEffectiveAt: recordedAt }),
      ...change,
    });
  });

  const hold = holdPlaced(eur(4n));
  const other = holdPlaced(eur(1n), { holdId: 'other' });

  it.each<[string, Fact, object]>([
    ['HoldReleased', holdReleased(eur(4n)), { ledgerBalance: 10n }],
    ['HoldExpired', holdExpired(eur(4n), START), { ledgerBalance: 10n }],
    ['HoldCaptured in whole', holdCaptured(eur(4n)), { ledgerBalance: 6n }],
    ['HoldCaptured in part', holdCaptured(eur(3n), { of: 4n }), { ledgerBalance: 7n }],
  ])('is without the hold, and with the others, after %s', (_, fact, change) => {
    const recordedAt = START + 4 * MINUTE;
    expect(foldOf(...base, hold, other, fact)).toStrictEqual({
      ...afterBase,
      heldAmount: 1n,
      holds: [{ holdId: 'other', amount: 1n }],
      recordedAt,
      version: 5,
      ...(moves(fact) && { latestEffectiveAt: recordedAt }),
      ...change,
    });
  });

  it('carries its holds in the order in which they were placed', () => {
    expect(foldOf(...base, hold, other)).toMatchObject({ heldAmount: 5n, holds: [{ amount: 4n }, { amount: 1n }] });
  });

  it('is active again after AccountUnfrozen', () => {
    expect(foldOf(...base, accountFrozen(), accountUnfrozen())).toMatchObject({ status: 'active', version: 4 });
  });

  it('keeps the latest value date when an entry is back-dated', () => {
    expect(foldOf(...base, at(START, moneyDeposited(eur(1n))))).toMatchObject({
      latestEffectiveAt: START + MINUTE,
      recordedAt: START + 2 * MINUTE,
      ledgerBalance: 11n,
    });
  });

  it('leaves the account before an event as it was', () => {
    const { events } = historyOf([...base]);
    const [opening, deposit] = events;
    if (!opening || !deposit) throw new Error('no events');
    const before = Account.evolve(Account.initialState(), opening);
    const frozen = Object.freeze({ ...before });
    Account.evolve(frozen, deposit);
    expect(frozen).toStrictEqual(before);
  });
});

describe('the fold', () => {
  it('never refuses what no rule would allow', () => {
    const folded = foldOf(accountOpened(), accountClosed(), moneyWithdrawn(eur(99n)), accountFrozen());
    expect(folded).toMatchObject({ status: 'frozen', ledgerBalance: -99n, version: 4 });
  });

  it('ignores what comes before the opening', () => {
    expect(foldOf(moneyDeposited(eur(1n)))).toStrictEqual({ status: 'unopened' });
  });
});

describe('the posting of an event', () => {
  it.each(changes)('%s', (_, fact, change) => {
    const balance = 'ledgerBalance' in change ? (change.ledgerBalance as bigint) : undefined;
    expect(postingOf(fact)).toBe(balance === undefined ? undefined : balance - 10n);
  });

  it('is none for an opening and for the end of a freeze', () => {
    expect(postingOf(accountOpened())).toBeUndefined();
    expect(postingOf(accountUnfrozen())).toBeUndefined();
  });

  it('is a credit for money that comes in only', () => {
    expect(changes.map(([, { type }]) => type).filter(isCredit)).toStrictEqual(['MoneyDeposited', 'TransferReceived']);
  });
});

describe('the available balance', () => {
  it('is ledger balance − held + overdraft limit', () => {
    const account = foldOf(accountOpened({ overdraftLimit: 3n }), moneyDeposited(eur(10n)));
    if (!isOpened(account)) throw new Error('not opened');
    expect(availableBalance(account)).toBe(13n);
    expect(availableBalance({ ...account, heldAmount: eur(4n).amount })).toBe(9n);
  });
});

describe('a stream id', () => {
  it('is the account id with a prefix, and leads back to it', () => {
    const [event] = historyOf([accountOpened({ accountId: BOB })]).events;
    expect(event?.streamId).toBe('account-bob');
    expect(accountIdOf(streamIdOf(BOB as AccountId))).toBe(BOB);
  });
});
