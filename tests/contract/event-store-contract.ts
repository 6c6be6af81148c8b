import { describe, expect, it } from 'vitest';
import { LONGEST_TAIL, type StreamTail } from '../../src/application/ports/event-store.ts';
import { accountAt, foldEvents } from '../../src/application/replay/account-history.ts';
import { initialState } from '../../src/domain/account/account-state.ts';
import { FOLD_VERSION } from '../../src/domain/account/evolve.ts';
import {
  accountOpened,
  depositReversed,
  moneyDeposited,
  newEventId,
  streamOf,
  streamUpTo,
} from '../support/recorded-events.ts';
import { append, type Under } from './fixture.ts';
import { snapshotAt } from './snapshot-contract.ts';

const versionsOf = (events: readonly { version: number }[]): readonly number[] => events.map(({ version }) => version);

const readingContract = (under: Under): void => {
  it('gives an event back exactly as it was appended', async () => {
    const { storage } = under();
    const opened = accountOpened('exact');
    const deposited = moneyDeposited('exact', 2, 1_050n, {
      metadata: { ...opened.metadata, idempotencyKey: 'key-1', transactionId: 'tx-1' as never },
    });
    await append(storage, [opened, deposited]);
    expect(await storage.events.get(deposited.eventId)).toStrictEqual(deposited);
    const events = await storage.events.read(streamOf('exact'), { after: 0, limit: 10 });
    expect(events).toStrictEqual([opened, deposited]);
  });

  it('knows no event that was never appended', async () => {
    const { storage } = under();
    expect(await storage.events.get(newEventId())).toBeUndefined();
    expect(await storage.events.read(streamOf('nobody'), { after: 0, limit: 10 })).toEqual([]);
  });

  it('reads a stream in the order of versions, from behind one version up to and including another, within a limit', async () => {
    const { storage } = under();
    const [opened, ...others] = streamUpTo('paged', 12);
    if (!opened) throw new Error('no opening');
    await append(storage, [opened]);
    await append(storage, others);
    const read = async (range: { after: number; upTo?: number; limit: number }): Promise<readonly number[]> =>
      versionsOf(await storage.events.read(streamOf('paged'), range));
    expect(await read({ after: 0, limit: 100 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await read({ after: 9, limit: 100 })).toEqual([10, 11, 12]);
    expect(await read({ after: 9, upTo: 11, limit: 100 })).toEqual([10, 11]);
    expect(await read({ after: 9, upTo: 11, limit: 1 })).toEqual([10]);
    expect(await read({ after: 12, limit: 100 })).toEqual([]);
    expect(await read({ after: 5, upTo: 5, limit: 100 })).toEqual([]);
  });

  it('names every stream once, with the version of its last event', async () => {
    const { storage } = under();
    await append(storage, [...streamUpTo('head-long', 7), ...streamUpTo('head-short', 1)]);
    const heads = new Map<string, number>();
    for await (const { streamId, version } of storage.events.heads()) {
      expect(heads.has(streamId)).toBe(false);
      heads.set(streamId, version);
    }
    expect(heads.get(streamOf('head-long'))).toBe(7);
    expect(heads.get(streamOf('head-short'))).toBe(1);
  });

  it('gives the streams behind one in the order of their ids, within a limit', async () => {
    const { storage } = under();
    for (const name of ['walk-c', 'walk-a', 'walk-b.1', 'walk-b']) await append(storage, streamUpTo(name, 3));
    const behind = async (streamId: string, limit: number): Promise<readonly string[]> =>
      (await storage.events.streamsBehind(streamId, limit)).filter((id) => id.startsWith('account-walk'));
    expect(await behind(streamOf('walk'), 3)).toEqual(['walk-a', 'walk-b', 'walk-b.1'].map(streamOf));
    expect(await behind(streamOf('walk-b'), 2)).toEqual(['walk-b.1', 'walk-c'].map(streamOf));
    expect(await behind(streamOf('walk-c'), 10)).toEqual([]);
  });
};

const tailsContract = (under: Under): void => {
  it('gives the whole stream where there is no snapshot, and an empty tail where there is no stream', async () => {
    const { storage } = under();
    await append(storage, streamUpTo('no-snapshot', 5));
    const tails = await storage.events.tails([streamOf('no-snapshot'), streamOf('no-stream')], FOLD_VERSION);
    expect(tails.get(streamOf('no-snapshot'))?.snapshot).toBeUndefined();
    expect(versionsOf(tails.get(streamOf('no-snapshot'))?.events ?? [])).toEqual([1, 2, 3, 4, 5]);
    expect(tails.get(streamOf('no-stream'))).toEqual({ events: [] });
  });

  it('gives the latest snapshot and only the events behind it', async () => {
    const { storage } = under();
    const events = streamUpTo('with-snapshots', 25);
    await append(storage, events);
    const [tenth, twentieth] = [snapshotAt(events, 10), snapshotAt(events, 20)];
    await storage.snapshots.put([twentieth, tenth]);
    const tail = (await storage.events.tails([streamOf('with-snapshots')], FOLD_VERSION)).get(
      streamOf('with-snapshots'),
    );
    expect(tail?.snapshot).toStrictEqual(twentieth);
    expect(versionsOf(tail?.events ?? [])).toEqual([21, 22, 23, 24, 25]);
  });

  it('gives no events behind a snapshot of the last version', async () => {
    const { storage } = under();
    const events = streamUpTo('at-head', 10);
    await append(storage, events);
    await storage.snapshots.put([snapshotAt(events, 10)]);
    const tail = (await storage.events.tails([streamOf('at-head')], FOLD_VERSION)).get(streamOf('at-head'));
    expect(tail?.snapshot?.version).toBe(10);
    expect(tail?.events).toEqual([]);
  });

  it('passes over snapshots of another fold version, and those that the stream has not reached', async () => {
    const { storage } = under();
    const events = streamUpTo('strange-snapshots', 20);
    await append(storage, events.slice(0, 12));
    await storage.snapshots.put([
      snapshotAt(events, 5),
      { ...snapshotAt(events, 10), foldVersion: FOLD_VERSION + 1 },
      snapshotAt(events, 20),
    ]);
    const tail = (await storage.events.tails([streamOf('strange-snapshots')], FOLD_VERSION)).get(
      streamOf('strange-snapshots'),
    );
    expect(tail?.snapshot?.version).toBe(5);
    expect(versionsOf(tail?.events ?? [])).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  it('leaves out a stream whose tail is too long to be read at once', async () => {
    const { storage } = under();
    const events = streamUpTo('long-tail', LONGEST_TAIL + 1);
    const tail = async (): Promise<StreamTail | undefined> =>
      (await storage.events.tails([streamOf('long-tail')], FOLD_VERSION)).get(streamOf('long-tail'));
    await append(storage, events.slice(0, LONGEST_TAIL));
    expect((await tail())?.events).toHaveLength(LONGEST_TAIL);
    await append(storage, events.slice(LONGEST_TAIL));
    expect(await tail()).toBeUndefined();
    const { account } = await accountAt(storage, streamOf('long-tail'));
    expect(account).toStrictEqual(foldEvents(initialState(), events).account);
    await storage.snapshots.put([snapshotAt(events, 100)]);
    expect((await tail())?.events).toHaveLength(LONGEST_TAIL - 99);
  });

  it('finds the latest true snapshot behind any number of false ones', async () => {
    const { storage } = under();
    const events = streamUpTo('false-snapshots', 2);
    await append(storage, events);
    const truth = snapshotAt(events, 1);
    const falsehoods = Array.from({ length: 150 }, (_, index) => ({ ...truth, version: index + 3 }));
    await storage.snapshots.put([truth, ...falsehoods]);
    const { account } = await accountAt(storage, streamOf('false-snapshots'));
    expect(account).toMatchObject({ version: 2 });
    expect(await storage.snapshots.nearest(streamOf('false-snapshots'), { foldVersion: FOLD_VERSION })).toStrictEqual(
      truth,
    );
  });

  it('asked for no stream, gives none', async () => {
    expect((await under().storage.events.tails([], FOLD_VERSION)).size).toBe(0);
  });
};

const reversedTotalsContract = (under: Under): void => {
  it('sums what was reversed of each event, and leaves out those never reversed', async () => {
    const { storage } = under();
    const [first, second] = [moneyDeposited('reversed', 2, 100n), moneyDeposited('reversed', 3, 100n)];
    await append(storage, [accountOpened('reversed'), first, second]);
    await append(storage, [
      depositReversed('reversed', 4, first.eventId, { amount: 30n, reversedTotal: 30n, of: 100n }),
      depositReversed('reversed', 5, first.eventId, { amount: 60n, reversedTotal: 90n, of: 100n }),
    ]);
    const totals = await storage.events.reversedTotals([first.eventId, second.eventId, newEventId()]);
    expect([...totals]).toEqual([[first.eventId, 90n]]);
  });

  it('gives the reversals of each event, exactly as they were appended', async () => {
    const { storage } = under();
    const [first, second] = [moneyDeposited('taken-back', 2, 100n), moneyDeposited('taken-back', 3, 100n)];
    const part = { amount: 30n, reversedTotal: 30n, of: 100n };
    const reversals = [
      depositReversed('taken-back', 4, first.eventId, part),
      depositReversed('taken-back', 5, second.eventId, part),
      depositReversed('taken-back', 6, first.eventId, { ...part, reversedTotal: 60n }),
    ];
    await append(storage, [accountOpened('taken-back'), first, second, ...reversals]);
    const found = await storage.events.reversalsOf([first.eventId, newEventId()]);
    expect([...found].sort((left, right) => left.version - right.version)).toStrictEqual([reversals[0], reversals[2]]);
    expect(await storage.events.reversalsOf([])).toEqual([]);
  });
};

const conflictContract = (under: Under): void => {
  it('refuses a second event at the same version', async () => {
    const { storage } = under();
    await append(storage, streamUpTo('taken', 3));
    await expect(append(storage, [moneyDeposited('taken', 3, 5n)])).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await storage.events.read(streamOf('taken'), { after: 0, limit: 10 })).toHaveLength(3);
  });

  it('refuses an event id that exists, on whichever stream', async () => {
    const { storage } = under();
    const event = accountOpened('first-use');
    await append(storage, [event]);
    const again = accountOpened('second-use', { eventId: event.eventId });
    await expect(append(storage, [again])).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await storage.events.read(streamOf('second-use'), { after: 0, limit: 10 })).toEqual([]);
  });

  it('refuses one version or one id used twice within one unit of work', async () => {
    const { storage } = under();
    const opened = accountOpened('twice');
    const twins = [
      [opened, accountOpened('twice')],
      [opened, moneyDeposited('twice', 2, 1n, { eventId: opened.eventId })],
    ] as const;
    for (const [one, other] of twins) {
      await expect(append(storage, [one, other])).rejects.toMatchObject({ name: 'VersionConflict' });
      const inTwoSteps = storage.transactionally(async (work) => {
        await storage.events.append(work, [one]);
        await storage.events.append(work, [other]);
      });
      await expect(inTwoSteps).rejects.toMatchObject({ name: 'VersionConflict' });
    }
    expect(await storage.events.read(streamOf('twice'), { after: 0, limit: 10 })).toEqual([]);
  });

  it('takes none of the events where one of them conflicts', async () => {
    const { storage } = under();
    await append(storage, streamUpTo('partly', 2));
    const events = [accountOpened('bystander'), moneyDeposited('partly', 3, 1n), moneyDeposited('partly', 2, 1n)];
    await expect(append(storage, events)).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await storage.events.read(streamOf('bystander'), { after: 0, limit: 10 })).toEqual([]);
    expect(await storage.events.read(streamOf('partly'), { after: 0, limit: 10 })).toHaveLength(2);
  });
};

/** The log: what is appended is there for ever, in order, once. */
export const eventStoreContract = (under: Under): void => {
  describe('events', () => {
    readingContract(under);
    conflictContract(under);
    reversedTotalsContract(under);
  });
  describe('tails', () => tailsContract(under));
};
