import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { Election } from '../../../src/committer/election.ts';
import { COMMITTER, type LeaseRow, leasesTable, NOBODY } from '../../../src/committer/lease.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';

const BEAT = 1_000;

/** A storage that is there, away, or does not answer at all. */
class FaultyStorage {
  is: 'there' | 'away' | 'silent' = 'there';
  looks = 0;

  constructor(private readonly storage: Storage) {}

  async #pass<T>(operation: () => Promise<T>): Promise<T> {
    if (this.is === 'away') throw new StorageUnavailable('away');
    if (this.is === 'silent') return new Promise(() => undefined);
    return operation();
  }

  get asStorage(): Storage {
    const { storage } = this;
    return {
      ...storage,
      transactionally: (body) => this.#pass(() => storage.transactionally(body)),
      table: (name) => {
        const table = storage.table(name);
        const get: typeof table.get = (id) => {
          this.looks += 1;
          return this.#pass(() => table.get(id));
        };
        return { ...table, get, write: (work, writes) => table.write(work, writes) };
      },
    };
  }
}

type Candidate = {
  readonly name: string;
  readonly election: Election;
  readonly storage: FaultyStorage;
  /** Who holds the lease, as this one has heard after each look. */
  readonly heard: (string | undefined)[];
};

describe('an election', () => {
  let shared: Storage;

  const candidate = (name: string): Candidate => {
    const storage = new FaultyStorage(shared);
    const heard: (string | undefined)[] = [];
    const me = { holder: name, machine: 'machine', host: '127.0.0.1', port: 1, token: 'token' };
    const election = new Election(storage.asStorage, me, (row) => heard.push(row?.holder));
    return { name, election, storage, heard };
  };

  const lease = (): Promise<LeaseRow | undefined> => shared.table(leasesTable).get(COMMITTER);
  const holder = async (): Promise<string | undefined> => (await lease())?.holder;
  const beats = (count: number) => vi.advanceTimersByTimeAsync(count * BEAT);

  beforeEach(() => {
    shared = openMemoryStorage();
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('has one holder of three that begin at once, and all agree on it from the next beat', async () => {
    const all = ['a', 'b', 'c'].map(candidate);
    await Promise.all(all.map(({ election }) => election.start()));
    await beats(1);
    const first = await holder();
    expect(['a', 'b', 'c']).toContain(first);
    await beats(20);
    for (const { heard } of all) expect(new Set(heard.slice(1))).toEqual(new Set([first]));
    expect(
      all.flatMap(({ heard }) => heard.slice(0, 1)).filter((name) => name !== undefined && name !== first),
    ).toEqual([]);
    expect((await lease())?.beat).toBeGreaterThan(15);
  });

  it('is over at once where one is alone', async () => {
    const { election, heard } = candidate('a');
    await election.start();
    expect(heard).toEqual(['a']);
    expect(await lease()).toMatchObject({ _id: COMMITTER, holder: 'a', host: '127.0.0.1', beat: 1 });
  });

  it('follows a holder that beats no more when its lease has run out, and not before', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.election.start();
    await b.election.start();
    await beats(5);
    a.storage.is = 'away';
    await beats(3);
    expect(await holder()).toBe('a');
    await beats(2);
    expect(await holder()).toBe('b');
    // Back again, it sees that it holds nothing any more.
    a.storage.is = 'there';
    await beats(3);
    expect(a.heard.at(-1)).toBe('b');
    expect(b.heard.at(-1)).toBe('b');
  });

  it('counts the lease from what it has seen itself, however old the row is', async () => {
    const row = { _id: COMMITTER, holder: 'gone', machine: 'm', host: '127.0.0.1', port: 1, token: 't', beat: 7 };
    await shared.transactionally((work) => shared.table(leasesTable).write(work, [{ kind: 'insert', row }]));
    const { election, heard } = candidate('a');
    await election.start();
    await beats(3);
    expect(new Set(heard)).toEqual(new Set(['gone']));
    await beats(1);
    expect(heard.at(-1)).toBe('a');
    expect((await lease())?.beat).toBe(8);
  });

  it('of two that see the same lease run out, one gets it', async () => {
    const [a, b, c] = [candidate('a'), candidate('b'), candidate('c')];
    await a.election.start();
    await Promise.all([b.election.start(), c.election.start()]);
    await beats(2);
    a.storage.is = 'away';
    await beats(6);
    const next = await holder();
    expect(['b', 'c']).toContain(next);
    expect([b.heard.at(-1), c.heard.at(-1)]).toEqual([next, next]);
  });

  it('leaves the lease to the next one at once when the holder stops', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.election.start();
    await b.election.start();
    await a.election.stop();
    expect(await holder()).toBe(NOBODY);
    await beats(1);
    expect(await holder()).toBe('b');
    await beats(5);
    expect(a.heard.at(-1)).toBe('a');
  });

  it('takes nothing from the holder when another one stops', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.election.start();
    await b.election.start();
    await b.election.stop();
    expect(await holder()).toBe('a');
  });

  it('takes nothing from its successor when one stops that has not noticed yet', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.election.start();
    await b.election.start();
    a.storage.is = 'away';
    await beats(6);
    a.storage.is = 'there';
    await a.election.stop();
    expect(await holder()).toBe('b');
  });

  it('goes on when a store that was away is back', async () => {
    const a = candidate('a');
    await a.election.start();
    a.storage.is = 'away';
    await beats(10);
    expect(new Set(a.heard.slice(1))).toEqual(new Set([undefined]));
    a.storage.is = 'there';
    await beats(1);
    expect(a.heard.at(-1)).toBe('a');
    expect((await lease())?.beat).toBe(2);
  });

  it('begins with a store that is away', async () => {
    const a = candidate('a');
    a.storage.is = 'away';
    await a.election.start();
    expect(a.heard).toEqual([undefined]);
    a.storage.is = 'there';
    await beats(1);
    expect(a.heard.at(-1)).toBe('a');
  });

  it('asks a store that does not answer once, and not once more with every beat', async () => {
    const a = candidate('a');
    await a.election.start();
    const before = a.storage.looks;
    a.storage.is = 'silent';
    await beats(20);
    expect(a.storage.looks).toBe(before + 1);
  });

  it('rejects where the lease cannot be given back', async () => {
    const a = candidate('a');
    await a.election.start();
    a.storage.is = 'away';
    await expect(a.election.stop()).rejects.toThrow(StorageUnavailable);
    expect(await holder()).toBe('a');
  });
});
