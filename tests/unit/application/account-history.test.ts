import { describe, expect, it } from 'vitest';
import type { Storage } from '../../../src/application/ports/storage.ts';
import {
  accountAt,
  BrokenStream,
  eventsOf,
  foldEvents,
  foldTail,
} from '../../../src/application/replay/account-history.ts';
import { snapshotOf } from '../../../src/application/replay/snapshot.ts';
import type { RecordedEvent } from '../../../src/domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../../src/domain/account/account-id.ts';
import { initialState, isOpened } from '../../../src/domain/account/account-state.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { accountOpened, ALICE, eur, MINUTE, moneyDeposited, START } from '../../support/facts.ts';
import { historyOf } from '../../support/given.ts';

const streamId = streamIdOf(ALICE as AccountId);

/** An opening and deposits of 1, recorded a minute apart: at version n the balance is n − 1. */
const streamOf = (length: number): readonly RecordedEvent[] =>
  historyOf([accountOpened(), ...Array.from({ length: length - 1 }, () => moneyDeposited(eur(1n)))]).events;

const storageWith = async (events: readonly RecordedEvent[]): Promise<Storage> => {
  const storage = openMemoryStorage();
  await storage.transactionally((work) => storage.events.append(work, events));
  return storage;
};

/** A storage that tells which versions were read. */
const watched = (storage: Storage): { storage: Storage; read: number[] } => {
  const read: number[] = [];
  const { events } = storage;
  const store: Storage['events'] = {
    append: (work, batch) => events.append(work, batch),
    get: (eventId) => events.get(eventId),
    read: async (id, range) => {
      const page = await events.read(id, range);
      read.push(...page.map(({ version }) => version));
      return page;
    },
    tails: (ids, foldVersion) => events.tails(ids, foldVersion),
    reversedTotals: (ids) => events.reversedTotals(ids),
    reversalsOf: (ids) => events.reversalsOf(ids),
    heads: () => events.heads(),
    movements: (moment) => events.movements(moment),
  };
  return { storage: { ...storage, events: store }, read };
};

const balanceAt = async (...asked: Parameters<typeof accountAt>): Promise<unknown> => {
  const { account } = await accountAt(...asked);
  return isOpened(account) ? [account.version, account.ledgerBalance] : account.status;
};

describe('an account in its history', () => {
  it('is unopened where there are no events', async () => {
    await expect(balanceAt(openMemoryStorage(), streamId)).resolves.toBe('unopened');
  });

  it('is all of it where nothing else is asked', async () => {
    await expect(balanceAt(await storageWith(streamOf(5)), streamId)).resolves.toStrictEqual([5, 4n]);
  });

  it('is what the first events made it, up to any version', async () => {
    const storage = await storageWith(streamOf(5));
    await expect(balanceAt(storage, streamId, { version: 0 })).resolves.toBe('unopened');
    await expect(balanceAt(storage, streamId, { version: 1 })).resolves.toStrictEqual([1, 0n]);
    await expect(balanceAt(storage, streamId, { version: 4 })).resolves.toStrictEqual([4, 3n]);
    await expect(balanceAt(storage, streamId, { version: 9 })).resolves.toStrictEqual([5, 4n]);
  });

  it('is what was recorded until a moment, that moment included', async () => {
    const storage = await storageWith(streamOf(5));
    const third = START + 2 * MINUTE;
    await expect(balanceAt(storage, streamId, { recordedAt: instant(START - 1) })).resolves.toBe('unopened');
    await expect(balanceAt(storage, streamId, { recordedAt: instant(third) })).resolves.toStrictEqual([3, 2n]);
    await expect(balanceAt(storage, streamId, { recordedAt: instant(third - 1) })).resolves.toStrictEqual([2, 1n]);
  });

  it('keeps to both limits at once', async () => {
    const storage = await storageWith(streamOf(5));
    const recordedAt = instant(START + 3 * MINUTE);
    await expect(balanceAt(storage, streamId, { recordedAt, version: 2 })).resolves.toStrictEqual([2, 1n]);
    await expect(balanceAt(storage, streamId, { recordedAt, version: 5 })).resolves.toStrictEqual([4, 3n]);
  });

  it('is the same over more events than one page has', async () => {
    const storage = await storageWith(streamOf(2_100));
    await expect(balanceAt(storage, streamId)).resolves.toStrictEqual([2_100, 2_099n]);
    await expect(balanceAt(storage, streamId, { version: 1_000 })).resolves.toStrictEqual([1_000, 999n]);
    const recordedAt = instant(START + 1_500 * MINUTE);
    await expect(balanceAt(storage, streamId, { recordedAt })).resolves.toStrictEqual([1_501, 1_500n]);
    const pages: number[] = [];
    for await (const page of eventsOf(storage, streamId, 10, { upTo: 1_510 })) pages.push(page.length);
    expect(pages).toStrictEqual([1_000, 500]);
  });
});

describe('snapshots on the way', () => {
  const withSnapshotsAt = async (versions: readonly number[], foldVersion?: number) => {
    const storage = await storageWith(streamOf(250));
    for (const version of versions) {
      const { account } = await accountAt(storage, streamId, { version });
      if (!isOpened(account)) throw new Error('not opened');
      const snapshot = snapshotOf(account);
      await storage.snapshots.put([{ ...snapshot, ...(foldVersion !== undefined && { foldVersion }) }]);
    }
    return watched(storage);
  };

  it('spare reading what is before them', async () => {
    const { storage, read } = await withSnapshotsAt([100, 200]);
    await expect(balanceAt(storage, streamId)).resolves.toStrictEqual([250, 249n]);
    expect(read[0]).toBe(201);
  });

  it('are never taken from behind the moment that is asked for', async () => {
    const { storage, read } = await withSnapshotsAt([100, 200]);
    await expect(balanceAt(storage, streamId, { version: 199 })).resolves.toStrictEqual([199, 198n]);
    expect(read[0]).toBe(101);
    const recordedAt = instant(START + 198 * MINUTE);
    await expect(balanceAt(storage, streamId, { recordedAt })).resolves.toStrictEqual([199, 198n]);
  });

  it('are taken at exactly the version that is asked for', async () => {
    const { storage, read } = await withSnapshotsAt([100, 200]);
    await expect(balanceAt(storage, streamId, { version: 200 })).resolves.toStrictEqual([200, 199n]);
    expect(read).toStrictEqual([]);
  });

  it('are passed over where they are damaged, for the one before', async () => {
    const { storage, read } = await withSnapshotsAt([100, 200]);
    const damaged = await storage.snapshots.nearest(streamId, { foldVersion: 1 });
    if (!damaged) throw new Error('no snapshot');
    await storage.snapshots.put([{ ...damaged, state: damaged.state.replace('199', '1990') }]);
    await expect(balanceAt(storage, streamId)).resolves.toStrictEqual([250, 249n]);
    expect(read[0]).toBe(101);
  });

  it('are not used where another fold made them', async () => {
    const { storage, read } = await withSnapshotsAt([100, 200], 0);
    await expect(balanceAt(storage, streamId)).resolves.toStrictEqual([250, 249n]);
    expect(read[0]).toBe(1);
  });

  it('that are missing are noticed by whoever folds over them', async () => {
    const { storage } = await withSnapshotsAt([100]);
    const { missing } = await accountAt(storage, streamId);
    expect(missing.map(({ version, ledgerBalance }) => [version, ledgerBalance])).toStrictEqual([[200, 199n]]);
  });
});

describe('a snapshot and the events behind it', () => {
  const events = streamOf(5);
  const { account } = foldEvents(initialState(), events.slice(0, 3));
  if (!isOpened(account)) throw new Error('not opened');
  const snapshot = snapshotOf(account);

  it('make the account', () => {
    expect(foldTail(streamId, { snapshot, events: events.slice(3) })).toStrictEqual(foldEvents(initialState(), events));
    expect(foldTail(streamId, { events })).toStrictEqual(foldEvents(initialState(), events));
  });

  it('make nothing where the snapshot cannot be used', () => {
    const damaged = { ...snapshot, stateHash: '' };
    expect(foldTail(streamId, { snapshot: damaged, events: events.slice(3) })).toBeUndefined();
  });

  it('must join', () => {
    expect(() => foldTail(streamId, { snapshot, events: events.slice(4) })).toThrow(BrokenStream);
  });
});

describe('a broken stream', () => {
  const events = streamOf(5);
  const without = (version: number): readonly RecordedEvent[] => events.filter((event) => event.version !== version);

  it('has a hole', () => {
    expect(() => foldEvents(initialState(), without(3))).toThrow(BrokenStream);
  });

  it('lacks its opening', () => {
    expect(() => foldEvents(initialState(), without(1))).toThrow(BrokenStream);
  });

  it('has an event twice', () => {
    expect(() => foldEvents(initialState(), [...events, ...events.slice(-1)])).toThrow(BrokenStream);
  });

  it('starts with something else than an opening', () => {
    const impostor = { ...events[1], version: 1 } as RecordedEvent;
    expect(() => foldEvents(initialState(), [impostor])).toThrow(BrokenStream);
  });

  it('is not read past the hole, and names the place', async () => {
    const storage = await storageWith(without(3));
    await expect(accountAt(storage, streamId)).rejects.toThrow('account-alice has version 4 where 3 is due');
    await expect(balanceAt(storage, streamId, { version: 2 })).resolves.toStrictEqual([2, 1n]);
  });
});
