import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/application/ports/event-store.ts';
import { foldEvents } from '../../src/application/replay/account-history.ts';
import { snapshotOf } from '../../src/application/replay/snapshot.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { initialState, isOpened } from '../../src/domain/account/account-state.ts';
import { FOLD_VERSION } from '../../src/domain/account/evolve.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { streamOf, streamUpTo } from '../support/recorded-events.ts';
import { append, type Under } from './fixture.ts';

/** The true snapshot of a stream at one of its versions. */
export const snapshotAt = (events: readonly RecordedEvent[], version: number): Snapshot => {
  const { account } = foldEvents(initialState(), events.slice(0, version));
  if (!isOpened(account)) throw new Error('nothing to take a snapshot of');
  return snapshotOf(account);
};

const nearestContract = (under: Under): void => {
  const foldVersion = FOLD_VERSION;

  it('finds the latest one, at or below a version, or recorded at or before a moment', async () => {
    const { storage } = under();
    const events = streamUpTo('nearest', 30);
    await append(storage, events);
    const [tenth, twentieth, thirtieth] = [snapshotAt(events, 10), snapshotAt(events, 20), snapshotAt(events, 30)];
    await storage.snapshots.put([thirtieth, tenth, twentieth]);
    const nearest = (limit: object): Promise<Snapshot | undefined> =>
      storage.snapshots.nearest(streamOf('nearest'), { foldVersion, ...limit });
    expect(await nearest({})).toStrictEqual(thirtieth);
    expect(await nearest({ version: 20 })).toStrictEqual(twentieth);
    expect(await nearest({ version: 19 })).toStrictEqual(tenth);
    expect(await nearest({ version: 9 })).toBeUndefined();
    expect(await nearest({ recordedAt: twentieth.recordedAt })).toStrictEqual(twentieth);
    expect(await nearest({ recordedAt: instant(twentieth.recordedAt - 1) })).toStrictEqual(tenth);
    expect(await nearest({ recordedAt: instant(tenth.recordedAt - 1) })).toBeUndefined();
    expect(await nearest({ version: 29, recordedAt: tenth.recordedAt })).toStrictEqual(tenth);
  });

  it('finds nothing of another stream or another fold version', async () => {
    const { storage } = under();
    const events = streamUpTo('other-fold', 10);
    await append(storage, events);
    await storage.snapshots.put([{ ...snapshotAt(events, 10), foldVersion: FOLD_VERSION + 1 }]);
    expect(await storage.snapshots.nearest(streamOf('other-fold'), { foldVersion })).toBeUndefined();
    expect(await storage.snapshots.nearest(streamOf('other'), { foldVersion })).toBeUndefined();
  });

  it('finds nothing that the stream has not reached, or reached at another moment', async () => {
    const { storage } = under();
    const events = streamUpTo('unreached', 20);
    await append(storage, events.slice(0, 15));
    const strange = { ...snapshotAt(events, 10), recordedAt: instant(1) };
    await storage.snapshots.put([snapshotAt(events, 5), strange, snapshotAt(events, 20)]);
    const found = await storage.snapshots.nearest(streamOf('unreached'), { foldVersion });
    expect(found?.version).toBe(5);
  });
};

const betweenContract = (under: Under): void => {
  it('gives all between two versions, also those of another fold and those that the log does not vouch for', async () => {
    const { storage } = under();
    const events = streamUpTo('between', 40);
    await append(storage, events.slice(0, 30));
    const [tenth, thirtieth, fortieth] = [snapshotAt(events, 10), snapshotAt(events, 30), snapshotAt(events, 40)];
    const ofAnotherFold = { ...snapshotAt(events, 20), foldVersion: FOLD_VERSION + 1 };
    await storage.snapshots.put([fortieth, thirtieth, ofAnotherFold, tenth, snapshotAt(streamUpTo('beside', 20), 20)]);
    const between = (after: number, upTo: number) => storage.snapshots.between(streamOf('between'), after, upTo);
    expect(await between(0, 40)).toStrictEqual([tenth, ofAnotherFold, thirtieth, fortieth]);
    expect(await between(10, 30)).toStrictEqual([ofAnotherFold, thirtieth]);
    expect(await between(40, Number.MAX_SAFE_INTEGER)).toStrictEqual([]);
  });
};

const placesContract = (under: Under): void => {
  it('says where there are snapshots, in the order of their streams, also of streams that there are not', async () => {
    const { storage } = under();
    const [first, second] = [streamUpTo('zz-places-a', 20), streamUpTo('zz-places-b', 10)];
    await storage.snapshots.put([snapshotAt(second, 10), snapshotAt(first, 20), snapshotAt(first, 10)]);
    const [a, b] = [streamOf('zz-places-a'), streamOf('zz-places-b')];
    const all = [
      { streamId: a, version: 10 },
      { streamId: a, version: 20 },
      { streamId: b, version: 10 },
    ];
    expect(await storage.snapshots.placesBehind('account-zz-places', 10)).toStrictEqual(all);
    expect(await storage.snapshots.placesBehind('account-zz-places', 1)).toStrictEqual(all.slice(0, 1));
    expect(await storage.snapshots.placesBehind(a, 10)).toStrictEqual(all.slice(2));
    expect(await storage.snapshots.placesBehind(b, 10)).toStrictEqual([]);
  });
};

const putContract = (under: Under): void => {
  it('replaces the one that stands at the same version, whatever fold version it has', async () => {
    const { storage } = under();
    const events = streamUpTo('replaced', 10);
    await append(storage, events);
    const good = snapshotAt(events, 10);
    await storage.snapshots.put([{ ...good, foldVersion: FOLD_VERSION + 1 }]);
    await storage.snapshots.put([good]);
    const found = async (foldVersion: number): Promise<Snapshot | undefined> =>
      storage.snapshots.nearest(streamOf('replaced'), { foldVersion });
    expect(await found(FOLD_VERSION)).toStrictEqual(good);
    expect(await found(FOLD_VERSION + 1)).toBeUndefined();
  });

  it('takes an empty list', async () => {
    await expect(under().storage.snapshots.put([])).resolves.toBeUndefined();
  });
};

/** Snapshots: a shortcut that is only taken where the log vouches for it. */
export const snapshotContract = (under: Under): void => {
  describe('snapshots', () => {
    nearestContract(under);
    betweenContract(under);
    placesContract(under);
    putContract(under);
  });
};
