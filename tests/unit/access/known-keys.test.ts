import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { KeyKeeper } from '../../../src/application/access/key-keeper.ts';
import { KnownKeys } from '../../../src/application/access/known-keys.ts';
import { AccessRefused, type Principal } from '../../../src/application/access/principal.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { type Instant, instant } from '../../../src/domain/time/instant.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { makeKey, revokeKey, rotateKey } from '../../support/credentials.ts';

let now = 0;
let reads: string[][] = [];
/** What is read stays on its way until then. */
let arrival: Promise<unknown> = Promise.resolve();
let storage: Storage;
const clock = { now: (): Instant => instant(now) };

/** A storage that remembers which rows were read together. */
const counted = (inner: Storage): Storage => ({
  ...inner,
  table: (name) => {
    const table = inner.table(name);
    return {
      get: (id) => table.get(id),
      getMany: async (ids) => {
        reads.push([...ids]);
        const rows = await table.getMany(ids);
        await arrival;
        return rows;
      },
      range: (query) => table.range(query),
      stored: (query) => table.stored(query),
      sum: (field, query) => table.sum(field, query),
      write: (work, writes) => table.write(work, writes),
    };
  },
});

/** What one process knows of the keys. */
const newProcess = () => {
  const known = new KnownKeys(storage, clock);
  const keys = new KeyKeeper(storage, clock, (prefix) => known.forget(prefix));
  const identify = async (key: string): Promise<Principal> => known.identify(key);
  return { known, keys, identify };
};

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  reads = [];
  arrival = Promise.resolve();
  storage = counted(openMemoryStorage());
});

describe('a key', () => {
  it('is read once, and then known for two seconds', async () => {
    const here = newProcess();
    const { key, row } = await makeKey(here, { ownerId: 'alice', scopes: ['money:write'] });
    const principal = await here.identify(key);
    expect(principal).toEqual({
      id: `key:${row._id}`,
      kind: 'key',
      scopes: new Set(['money:write']),
      ownerId: 'alice',
    });
    expect(here.known.identify(key)).toBe(principal);
    expect(reads).toEqual([[row._id]]);
    now += 2_001;
    await here.identify(key);
    expect(reads).toHaveLength(2);
  });

  it('is refused at once where it was revoked, and two seconds later everywhere', async () => {
    const [here, there] = [newProcess(), newProcess()];
    const { key, row } = await makeKey(here);
    await there.identify(key);
    await revokeKey(here, row._id);
    await expect(here.identify(key)).rejects.toThrow(AccessRefused);
    now += 2_000;
    expect((await there.identify(key)).id).toBe(`key:${row._id}`);
    now += 1;
    await expect(there.identify(key)).rejects.toThrow(AccessRefused);
  });

  it('that was revoked elsewhere is refused also where the clock was set back meanwhile', async () => {
    const [here, there] = [newProcess(), newProcess()];
    const { key, row } = await makeKey(here);
    await there.identify(key);
    await revokeKey(here, row._id);
    now -= 3_600_000;
    await expect(there.identify(key)).rejects.toThrow(AccessRefused);
  });

  it('that is revoked here while it is being read is not known as it was before', async () => {
    const here = newProcess();
    const { key, row } = await makeKey(here);
    await here.identify(key);
    let arrive = (): void => undefined;
    arrival = new Promise<void>((resolve) => (arrive = resolve));
    now += 1_500;
    // Known long enough to be read again behind this request.
    await here.identify(key);
    await nextTurn();
    await revokeKey(here, row._id);
    arrive();
    await nextTurn();
    await expect(here.identify(key)).rejects.toThrow(AccessRefused);
  });

  it('that is rotated while somebody waits for it is read once more for whoever has the new one', async () => {
    const [here, there] = [newProcess(), newProcess()];
    const { row } = await makeKey(here);
    const { key } = await rotateKey(there, row._id);
    let arrive = (): void => undefined;
    arrival = new Promise<void>((resolve) => (arrive = resolve));
    const asked = here.identify(key);
    await nextTurn();
    here.known.forget(row._id);
    arrive();
    expect((await asked).id).toBe(`key:${row._id}`);
    expect(reads).toHaveLength(2);
  });

  it('is taken beside its successor for as long as was said, and no longer', async () => {
    const here = newProcess();
    const { key, row } = await makeKey(here);
    const { key: next } = await rotateKey(here, row._id, 60_000);
    for (const one of [key, next]) expect((await here.identify(one)).id).toBe(`key:${row._id}`);
    now += 60_000;
    await expect(here.identify(key)).rejects.toThrow(AccessRefused);
    expect((await here.identify(next)).id).toBe(`key:${row._id}`);
    const { key: last } = await rotateKey(here, row._id);
    await expect(here.identify(next)).rejects.toThrow(AccessRefused);
    expect((await here.identify(last)).id).toBe(`key:${row._id}`);
  });

  it('that is revoked twice was revoked the first time', async () => {
    const here = newProcess();
    const { row } = await makeKey(here);
    const first = await revokeKey(here, row._id);
    now += 1_000;
    expect((await revokeKey(here, row._id)).revokedAt).toEqual(first.revokedAt);
    await expect(rotateKey(here, row._id)).rejects.toMatchObject({ code: 'KEY_REVOKED' });
  });
});

describe('keys that nobody made', () => {
  const madeUp = (index: number): string => `daybook_${index.toString(16).padStart(12, '0')}_${'A'.repeat(43)}`;

  it('cost one read at a time, whatever their number', async () => {
    const here = newProcess();
    const attempts = Array.from({ length: 1_000 }, (_, index) => here.identify(madeUp(index)));
    expect((await Promise.allSettled(attempts)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(reads.length).toBeLessThanOrEqual(2);
    await expect(here.identify(madeUp(1))).rejects.toThrow(AccessRefused);
    expect(reads.length).toBeLessThanOrEqual(2);
  });

  it('push no real one out of memory', async () => {
    const here = newProcess();
    const { key } = await makeKey(here);
    const principal = await here.identify(key);
    await Promise.allSettled(Array.from({ length: 20_000 }, (_, index) => here.identify(madeUp(index))));
    expect(here.known.identify(key)).toBe(principal);
  });

  it('are refused without a read where they do not even look like one', () => {
    const here = newProcess();
    for (const key of ['daybook_', 'daybook_short_x', madeUp(1).toUpperCase(), `${madeUp(1)}A`]) {
      expect(() => here.known.identify(key)).toThrow(AccessRefused);
    }
    expect(reads).toEqual([]);
  });
});
