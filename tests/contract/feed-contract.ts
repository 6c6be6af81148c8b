import { describe, expect, it } from 'vitest';
import type { EventGroup, PlacedEvent } from '../../src/application/ports/event-feed.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { accountOpenedAtSchemaVersion1, newEventId, streamOf, streamUpTo } from '../support/recorded-events.ts';
import { append, type Under } from './fixture.ts';
import { blockOf } from './journal-contract.ts';

const idsOf = (events: readonly { readonly eventId: string }[]): readonly string[] =>
  events.map(({ eventId }) => eventId);

/** The groups behind this token, until they have so many events. */
const groupsBehind = async (storage: Storage, token: string, count: number): Promise<readonly EventGroup[]> => {
  const stop = new AbortController();
  const groups: EventGroup[] = [];
  for await (const group of storage.feed.follow(token, stop.signal)) {
    groups.push(group);
    if (groups.flatMap(({ events }) => events).length >= count) stop.abort();
  }
  return groups;
};

const eventsBehind = async (storage: Storage, token: string, count: number): Promise<readonly string[]> =>
  idsOf((await groupsBehind(storage, token, count)).flatMap(({ events }) => events));

let marks = 0;

/** A token behind everything that was committed so far. That of a recovery may be from a little before. */
const tokenOf = async (storage: Storage): Promise<string> => {
  const { token } = await storage.feed.recover();
  const mark = streamUpTo(`mark-${++marks}`, 1);
  await append(storage, mark);
  const stop = new AbortController();
  for await (const { events, token: behind } of storage.feed.follow(token, stop.signal)) {
    if (events.at(-1)?.eventId === mark[0]?.eventId) return behind;
  }
  throw new Error('the mark was not told');
};

/** What of these the history has, in its order. */
const historyAmong = async (storage: Storage, events: readonly RecordedEvent[]): Promise<readonly PlacedEvent[]> => {
  const wanted = new Set<string>(idsOf(events));
  const found: PlacedEvent[] = [];
  for await (const group of (await storage.feed.recover()).history) found.push(...group);
  return found.filter(({ eventId }) => wanted.has(eventId));
};

const placeOf = ({ eventId, streamId, version }: RecordedEvent): PlacedEvent => ({ eventId, streamId, version });

const followContract = (under: Under): void => {
  it('tells every event once, in the order of commits, those of one commit in theirs', async () => {
    const { storage } = under();
    const token = await tokenOf(storage);
    const [first, second, third] = [streamUpTo('fed-a', 3), streamUpTo('fed-b', 2), streamUpTo('fed-c', 1_200)];
    await append(storage, first);
    await append(storage, [...second].reverse());
    await append(storage, third);
    const expected = idsOf([...first, ...[...second].reverse(), ...third]);
    expect(await eventsBehind(storage, token, expected.length)).toEqual(expected);
  });

  it('goes on behind the token of any group, with nothing missed and nothing twice', async () => {
    const { storage } = under();
    const token = await tokenOf(storage);
    const streams = Array.from({ length: 10 }, (_, index) => streamUpTo(`again-${index}`, 2));
    for (const stream of streams) await append(storage, stream);
    const groups = await groupsBehind(storage, token, 20);
    const all = idsOf(groups.flatMap(({ events }) => events));
    let told = 0;
    for (const { events, token: behind } of groups.slice(0, -1)) {
      told += events.length;
      expect(await eventsBehind(storage, behind, 20 - told)).toEqual(all.slice(told));
    }
  });

  it('tells what is committed while it is followed', async () => {
    const { storage } = under();
    const following = eventsBehind(storage, await tokenOf(storage), 2);
    const events = streamUpTo('while-followed', 2);
    await append(storage, events);
    expect(await following).toEqual(idsOf(events));
  });

  it('tells nothing of a transaction that came to nothing', async () => {
    const { storage } = under();
    const token = await tokenOf(storage);
    const given = storage.transactionally(async (work) => {
      await storage.events.append(work, streamUpTo('given-up', 2));
      throw new Error('given up');
    });
    await expect(given).rejects.toThrow('given up');
    const events = streamUpTo('behind-given-up', 1);
    await append(storage, events);
    expect(await eventsBehind(storage, token, 1)).toEqual(idsOf(events));
  });

  it('ends when it is told to, also while nothing happens', async () => {
    const { storage } = under();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    for await (const { events } of storage.feed.follow(await tokenOf(storage), stop.signal)) expect(events).toEqual([]);
    expect(stop.signal.aborted).toBe(true);
  });

  it.each(['', 'no token', '999999999999'])('says so where it cannot go on: %j', async (token) => {
    const { storage } = under();
    await expect(groupsBehind(storage, token, 1)).rejects.toMatchObject({ name: 'ResumeTokenLost' });
  });

  it('gives events as they were recorded, and not in the shape of today', async () => {
    const { storage, writeRaw } = under();
    const token = await tokenOf(storage);
    const old = accountOpenedAtSchemaVersion1('fed-old');
    await writeRaw(old);
    const [group] = await groupsBehind(storage, token, 1);
    expect(group?.events).toStrictEqual([old]);
    expect(await storage.feed.asRecorded([newEventId(), old.eventId])).toStrictEqual([old]);
  });
};

const recoverContract = (under: Under): void => {
  it('finds the whole history, by the time of recording and by versions', async () => {
    const { storage } = under();
    const [late, early] = [streamUpTo('found-late', 9), streamUpTo('found-early', 4)];
    await append(storage, late);
    await append(storage, early);
    const all = [...late, ...early];
    const found = await historyAmong(storage, all);
    const times = new Map<string, number>(all.map(({ eventId, recordedAt }) => [eventId, recordedAt]));
    expect(new Set(idsOf(found))).toEqual(new Set(idsOf(all)));
    expect(found.map(({ eventId }) => times.get(eventId))).toEqual([...times.values()].sort());
    for (const stream of [late, early]) {
      expect(found.filter(({ streamId }) => streamId === stream[0]?.streamId)).toMatchObject(stream.map(placeOf));
    }
  });

  it('gives a token that leads on from before it was asked for', async () => {
    const { storage } = under();
    const { token, history } = await storage.feed.recover();
    const events = streamUpTo('meanwhile', 3);
    await append(storage, events);
    for await (const group of history) expect(group.length).toBeGreaterThan(0);
    const stop = new AbortController();
    const told: string[] = [];
    for await (const group of storage.feed.follow(token, stop.signal)) {
      told.push(...idsOf(group.events));
      if (told.includes(events[2]?.eventId ?? '')) stop.abort();
    }
    expect(told.slice(-3)).toEqual(idsOf(events));
  });

  it('finds events by their places', async () => {
    const { storage } = under();
    const events = streamUpTo('placed', 5);
    await append(storage, events);
    const [second, fourth] = [events[1], events[3]].map((event) => event && placeOf(event));
    const streamId = streamOf('placed');
    const places = [4, 2, 6].map((version) => ({ streamId, version }));
    const found = await storage.feed.eventsAt([...places, { streamId: streamOf('never-placed'), version: 1 }]);
    expect(found.toSorted((left, right) => left.version - right.version)).toMatchObject([second, fourth]);
    expect(found).toHaveLength(2);
    expect(await storage.feed.eventsAt([])).toEqual([]);
  });

  it('names the first event that is not sealed, if there is one', async () => {
    const { storage } = under();
    for await (const group of (await storage.feed.recover()).history) {
      const sealed = await storage.journal.positionsOf(idsOf(group));
      const others = idsOf(group).filter((eventId) => !sealed.has(eventId));
      if (others.length > 0) await storage.journal.insert(await blockOf(storage, others));
    }
    expect(await storage.feed.firstUnsealed()).toBeUndefined();
    const [first, second] = [streamUpTo('behind-all', 1), streamUpTo('behind-that', 1)];
    await append(storage, first);
    await append(storage, second);
    expect(await storage.feed.firstUnsealed()).toStrictEqual(first[0]);
  });
};

/** The feed: every commit, in order, and a way back where its thread is lost. */
export const feedContract = (under: Under): void => {
  describe('the feed', () => {
    followContract(under);
    recoverContract(under);
  });
};
