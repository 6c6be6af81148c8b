import { describe, expect, it } from 'vitest';
import { FOLD_VERSION } from '../../../src/domain/account/evolve.ts';
import type { StreamId } from '../../../src/domain/account/account-id.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { eur } from '../../support/facts.ts';
import { openTestLedger } from '../../support/test-ledger.ts';
import { depositMoney, openAccount, withdrawMoney } from '../../support/wishes.ts';

const streamId = 'account-alice' as StreamId;

/** A ledger that tells which streams it read. */
const openWatchedLedger = (options: Parameters<typeof openTestLedger>[0] = {}) => {
  const read: string[][] = [];
  const test = openTestLedger({
    ...options,
    interference: {
      events: (events) => ({
        tails: (streamIds, foldVersion) => {
          read.push([...streamIds]);
          return events.tails(streamIds, foldVersion);
        },
      }),
    },
  });
  return { ...test, read };
};

describe('an account that this process wrote to', () => {
  it('is not read again', async () => {
    const { submit, read, attempts } = openWatchedLedger();
    await submit(openAccount());
    await submit(depositMoney(eur(1n)));
    await submit(withdrawMoney(eur(1n)));
    expect(read).toStrictEqual([[streamId]]);
    expect(attempts()).toBe(3);
  });

  it('is read again once others have pushed it out of memory', async () => {
    const { submit, read } = openWatchedLedger({ limits: { DAYBOOK_ACCOUNT_CACHE: 1 } });
    await submit(openAccount());
    await submit(openAccount({ accountId: 'bob' }));
    await submit(depositMoney(eur(1n)));
    expect(read).toStrictEqual([[streamId], ['account-bob'], [streamId]]);
  });

  it('is read again before each "no", and only once', async () => {
    const { submit, read } = openWatchedLedger();
    await submit(openAccount());
    await expect(submit(withdrawMoney(eur(1n)))).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(read).toStrictEqual([[streamId], [streamId]]);
  });

  it('that does not exist is looked for each time', async () => {
    const { submit, read } = openWatchedLedger();
    for (let time = 0; time < 2; time += 1) await expect(submit(depositMoney(eur(1n)))).rejects.toThrow();
    expect(read).toStrictEqual([[streamId], [streamId]]);
  });
});

describe('accounts of one batch', () => {
  it('are read at once, each once', async () => {
    const { submit, read } = openWatchedLedger();
    await Promise.allSettled([
      submit(openAccount()),
      submit(depositMoney(eur(1n))),
      submit(openAccount({ accountId: 'bob' })),
    ]);
    expect(read).toStrictEqual([[streamId, 'account-bob']]);
  });
});

describe('a snapshot', () => {
  it('is written every hundred versions, behind the answers', async () => {
    const { submit, storage, drain } = openTestLedger();
    await submit(openAccount());
    await Promise.all(Array.from({ length: 199 }, () => submit(depositMoney(eur(1n)))));
    await drain();
    const limit = { foldVersion: FOLD_VERSION };
    await expect(storage.snapshots.nearest(streamId, limit)).resolves.toMatchObject({ version: 200 });
    await expect(storage.snapshots.nearest(streamId, { ...limit, version: 199 })).resolves.toMatchObject({
      version: 100,
    });
  });

  it('that cannot be written is no reason to refuse anything', async () => {
    const { submit, storage, drain } = openTestLedger();
    storage.snapshots.put = () => Promise.reject(new Error('no space'));
    await submit(openAccount());
    await Promise.all(Array.from({ length: 99 }, () => submit(depositMoney(eur(1n)))));
    await drain();
    await expect(storage.snapshots.nearest(streamId, { foldVersion: FOLD_VERSION })).resolves.toBeUndefined();
  });

  it('that is missing is made good by the next reader', async () => {
    const storage = openMemoryStorage();
    const snapshots = {
      nearest: () => Promise.resolve(undefined),
      between: () => Promise.resolve([]),
      placesBehind: () => Promise.resolve([]),
      put: () => Promise.resolve(),
    };
    const first = openTestLedger({ storage: { ...storage, snapshots } });
    await first.submit(openAccount());
    await Promise.all(Array.from({ length: 120 }, () => first.submit(depositMoney(eur(1n)))));
    await first.drain();
    const second = openTestLedger({ storage });
    await second.submit(depositMoney(eur(1n)));
    await second.drain();
    const found = storage.snapshots.nearest(streamId, { foldVersion: FOLD_VERSION });
    await expect(found).resolves.toMatchObject({ version: 100 });
  });

  it('that is damaged is not believed, and replaced', async () => {
    const first = openTestLedger();
    await first.submit(openAccount());
    await Promise.all(Array.from({ length: 120 }, () => first.submit(depositMoney(eur(1n)))));
    await first.drain();
    const { snapshots } = first.storage;
    const genuine = await snapshots.nearest(streamId, { foldVersion: FOLD_VERSION });
    if (!genuine) throw new Error('no snapshot');
    await snapshots.put([{ ...genuine, state: genuine.state.replace('"99"', '"990"') }]);
    const second = openTestLedger({ storage: first.storage });
    const outcome = await second.submit(depositMoney(eur(1n)));
    expect(outcome.answer.body).toBe('alice v122 121');
    await second.drain();
    await expect(snapshots.nearest(streamId, { foldVersion: FOLD_VERSION })).resolves.toStrictEqual(genuine);
  });
});
