import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/application/ports/event-store.ts';
import {
  accountIn,
  isSnapshotVersion,
  SNAPSHOT_INTERVAL,
  snapshotOf,
} from '../../../src/application/replay/snapshot.ts';
import { type StreamId, streamIdOf } from '../../../src/domain/account/account-id.ts';
import { isOpened, type OpenedAccount } from '../../../src/domain/account/account-state.ts';
import { FOLD_VERSION } from '../../../src/domain/account/evolve.ts';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import {
  accountFrozen,
  accountOpened,
  eur,
  holdPlaced,
  moneyDeposited,
  moneyWithdrawn,
  NOW,
} from '../../support/facts.ts';
import { foldOf } from '../../support/given.ts';

const opened = (...facts: Parameters<typeof foldOf>): OpenedAccount => {
  const account = foldOf(...facts);
  if (!isOpened(account)) throw new Error('not opened');
  return account;
};

const account = opened(accountOpened({ overdraftLimit: 5n, metadata: { branch: '7' } }), moneyDeposited(eur(10n)));
const streamId = streamIdOf(account.accountId);

describe('a snapshot', () => {
  const accounts: readonly [string, OpenedAccount][] = [
    ['of an active account', account],
    ['of an account without metadata', opened(accountOpened())],
    [
      'of an account with holds',
      opened(
        accountOpened(),
        moneyDeposited(eur(10n)),
        holdPlaced(eur(4n)),
        holdPlaced(eur(1n), { holdId: 'other', expiresAt: NOW }),
      ),
    ],
    ['of a frozen account', opened(accountOpened(), accountFrozen())],
    ['of an overdrawn account', opened(accountOpened({ overdraftLimit: 5n }), moneyWithdrawn(eur(5n)))],
    ['of the largest balance', opened(accountOpened(), moneyDeposited(eur(LARGEST_AMOUNT)))],
  ];

  it.each(accounts)('%s is the same when it is made of an account that was read from it', (_, of) => {
    const read = accountIn(snapshotOf(of), streamIdOf(of.accountId));
    expect(read && snapshotOf(read)).toEqual(snapshotOf(of));
  });

  it.each(accounts)('%s gives the same account back', (_, kept) => {
    expect(accountIn(snapshotOf(kept), streamId)).toStrictEqual(kept);
  });

  it('is the same text for the same account, in whatever order its members stand', () => {
    const turned = Object.fromEntries(Object.entries(account).reverse()) as unknown as OpenedAccount;
    expect(snapshotOf(turned)).toStrictEqual(snapshotOf(account));
  });

  it('says what it is of', () => {
    expect(snapshotOf(account)).toMatchObject({
      streamId: 'account-alice',
      version: 2,
      recordedAt: account.recordedAt,
      foldVersion: FOLD_VERSION,
    });
  });

  it('is kept every hundred versions', () => {
    expect(SNAPSHOT_INTERVAL).toBe(100);
    expect([1, 99, 100, 101, 200].filter(isSnapshotVersion)).toStrictEqual([100, 200]);
  });
});

describe('a snapshot that is not used', () => {
  const snapshot = snapshotOf(account);
  const richer = snapshotOf({ ...account, ledgerBalance: eur(11n).amount });

  const damaged: readonly [string, Partial<Snapshot>][] = [
    ['of another version than it says', { version: 3 }],
    ['recorded at another moment', { recordedAt: instant(snapshot.recordedAt + 1) }],
    ['of another state', { state: snapshot.state.replace('"10"', '"11"') }],
    ['with the state of another account', { state: richer.state }],
    ['with the hash of another state', { stateHash: richer.stateHash }],
    ['without a hash', { stateHash: '' }],
    ['with a hash in capitals', { stateHash: snapshot.stateHash.toUpperCase() }],
    ['of an older fold', { foldVersion: FOLD_VERSION - 1 }],
    ['of a newer fold', { foldVersion: FOLD_VERSION + 1 }],
    ['that names another stream', { streamId: 'account-bob' as StreamId }],
    ['cut off', { state: snapshot.state.slice(0, -1) }],
  ];

  it.each(damaged)('%s', (_, damage) => {
    expect(accountIn({ ...snapshot, ...damage }, streamId)).toBeUndefined();
  });

  it('of another fold, also where it is whole', () => {
    const hashed = (foldVersion: number): Snapshot => {
      const { version, recordedAt, state } = snapshot;
      const content = JSON.stringify([streamId, version, recordedAt, foldVersion, state]);
      return { ...snapshot, foldVersion, stateHash: createHash('sha256').update(content).digest('hex') };
    };
    expect(hashed(FOLD_VERSION)).toStrictEqual(snapshot);
    expect(accountIn(hashed(FOLD_VERSION + 1), streamId)).toBeUndefined();
  });

  it('asked for another stream', () => {
    expect(accountIn(snapshot, 'account-bob' as StreamId)).toBeUndefined();
  });
});
