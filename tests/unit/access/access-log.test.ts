import { beforeEach, describe, expect, it } from 'vitest';
import {
  type AccessEntry,
  AccessLog,
  accessLogTable,
  type AccessLogRow,
} from '../../../src/application/access/access-log.ts';
import { OutcomeUnknown, StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { type Instant, instant } from '../../../src/domain/time/instant.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let now = 0;
const clock = { now: (): Instant => instant(now) };
let storage: Storage;
let log: AccessLog;

const refusal = (rest: Partial<AccessEntry> = {}): AccessEntry => ({
  actor: 'key:0123456789ab',
  what: 'getAccount',
  route: 'GET /v1/accounts/{accountId}',
  from: '127.0.0.1',
  outcome: 'not_own',
  requestId: 'request',
  ...rest,
});

const written = async (): Promise<readonly AccessLogRow[]> => {
  await log.settle();
  return storage.table(accessLogTable).range({ order: ['_id'] });
};

/** How often something happened, by what the rows say. */
const timesIn = (rows: readonly AccessLogRow[]): number => rows.reduce((sum, { count = 1 }) => sum + count, 0);

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  storage = openMemoryStorage();
  log = new AccessLog(storage, clock, silent);
});

describe('the access log', () => {
  it('has who was refused, what, when and from where', async () => {
    log.refuse(refusal({ about: 'alice' }));
    const [row] = await written();
    expect(row).toMatchObject({ ...refusal({ about: 'alice' }), at: new Date(now) });
    expect(row).not.toHaveProperty('count');
  });

  it('has twenty refusals of one caller in a minute one by one, and counts those beyond', async () => {
    for (let times = 0; times < 10_000; times += 1) log.refuse(refusal({ about: `account-${times}` }));
    const rows = await written();
    expect(rows).toHaveLength(21);
    const sum = rows.find(({ count }) => count !== undefined);
    expect(sum).toMatchObject({ actor: 'key:0123456789ab', outcome: 'not_own', count: 9_980 });
    expect(sum).not.toHaveProperty('about');
  });

  it('begins to write them down again in the next minute, and says then what it had only counted', async () => {
    for (let times = 0; times < 30; times += 1) log.refuse(refusal());
    now += 60_000;
    log.refuse(refusal({ about: 'later' }));
    const rows = await written();
    expect(timesIn(rows)).toBe(31);
    expect(rows.filter(({ count }) => count !== undefined)).toHaveLength(1);
    expect(rows.map(({ about }) => about)).toContain('later');
  });

  it('goes on by the minute where the clock was set back', async () => {
    log.refuse(refusal());
    now -= 3_600_000;
    for (let times = 0; times < 30; times += 1) log.refuse(refusal());
    const rows = await written();
    expect(timesIn(rows)).toBe(31);
    expect(rows.filter(({ count }) => count === undefined)).toHaveLength(21);
  });

  it('has at most some thousand rows a minute, however many callers there are, and loses none of them from its count', async () => {
    for (let caller = 0; caller < 50_000; caller += 1) {
      log.refuse(
        refusal({ actor: 'unknown', from: `10.0.${caller >> 8}.${caller & 255}`, outcome: 'unauthenticated' }),
      );
    }
    const rows = await written();
    expect(rows.length).toBeLessThanOrEqual(1_001);
    expect(timesIn(rows)).toBe(50_000);
    expect(rows.find(({ actor }) => actor === 'others')).toMatchObject({ count: 49_000 });
  });

  it('keeps one caller’s flood from hiding another', async () => {
    for (let times = 0; times < 1_000; times += 1) log.refuse(refusal());
    log.refuse(refusal({ actor: 'key:other' }));
    expect((await written()).map(({ actor }) => actor)).toContain('key:other');
  });

  it('writes down every act of an administrator', async () => {
    for (let times = 0; times < 100; times += 1) log.note(refusal({ outcome: 'done', what: 'listKeys' }));
    expect(await written()).toHaveLength(100);
  });

  it.each([new StorageUnavailable('away'), new OutcomeUnknown('perhaps')])(
    'writes everything once when the store comes back: %s',
    async (error) => {
      const inner = storage;
      let failures = 2;
      storage = {
        ...inner,
        transactionally: async (body) => {
          if (failures-- <= 0) return inner.transactionally(body);
          // It may be written and nobody hear of it.
          if (error instanceof OutcomeUnknown) await inner.transactionally(body);
          throw error;
        },
      };
      log = new AccessLog(storage, clock, silent);
      log.refuse(refusal());
      await log.settle();
      log.refuse(refusal({ about: 'second' }));
      await log.settle();
      await log.settle();
      const abouts = (await written()).map(({ about = 'first' }) => about);
      expect(abouts.toSorted()).toEqual(['first', 'second']);
    },
  );
});
