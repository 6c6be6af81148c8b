import { describe, expect, it } from 'vitest';
import type { EventGroup, UnsealedEvent } from '../../src/application/ports/event-feed.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { accountOpenedAtSchemaVersion1, newEventId, streamUpTo } from '../support/recorded-events.ts';
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

/** What of these is found unsealed, in the order in which it is found. */
const unsealedAmong = async (storage: Storage, events: readonly RecordedEvent[]): Promise<readonly UnsealedEvent[]> => {
  const wanted = new Set<string>(idsOf(events));
  const found: UnsealedEvent[] = [];
  for await (const group of (await storage.feed.recover()).unsealed) found.push(...group);
  return found.filter(({ event }) => wanted.has(event.eventId));
};

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
  it('finds all that is not sealed, by the time of recording and by versions', async () => {
    const { storage } = under();
    const [late, early] = [streamUpTo('unsealed-late', 9), streamUpTo('unsealed-early', 4)];
    await append(storage, late);
    await append(storage, early);
    const all = [...late, ...early];
    const found = (await unsealedAmong(storage, all)).map(({ event }) => event);
    expect(new Set(idsOf(found))).toEqual(new Set(idsOf(all)));
    expect(found.map(({ recordedAt }) => recordedAt)).toEqual(all.map(({ recordedAt }) => recordedAt).sort());
    for (const stream of [late, early]) {
      expect(idsOf(found.filter(({ streamId }) => streamId === stream[0]?.streamId))).toEqual(idsOf(stream));
    }
    await storage.journal.insert(await blockOf(storage, idsOf(late.slice(0, 4))));
    const others = await unsealedAmong(storage, late);
    expect(idsOf(others.map(({ event }) => event))).toEqual(idsOf(late.slice(4)));
    const [first] = others;
    expect([undefined, late[3]?.eventId]).toContain(first?.predecessor);
  });

  it('gives a token that leads on from before it was asked for', async () => {
    const { storage } = under();
    const { token, unsealed } = await storage.feed.recover();
    const events = streamUpTo('meanwhile', 3);
    await append(storage, events);
    for await (const _group of unsealed);
    const told = await eventsBehind(storage, token, 3);
    expect(told.slice(-3)).toEqual(idsOf(events));
  });

  it('names the first event that is not sealed, if there is one', async () => {
    const { storage } = under();
    for await (const group of (await storage.feed.recover()).unsealed) {
      await storage.journal.insert(await blockOf(storage, idsOf(group.map(({ event }) => event))));
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
