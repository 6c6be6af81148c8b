import { describe, expect, it } from 'vitest';
import { idempotencyKeysTable, transactionIdsTable } from '../../src/application/commit/claims.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { UnitOfWork } from '../../src/application/ports/unit-of-work.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { accountOpened, moneyDeposited, streamOf, streamUpTo } from '../support/recorded-events.ts';
import { accountRow, append, type Under } from './fixture.ts';

const keyRow = (id: string) => ({
  _id: id,
  requestHash: 'hash',
  status: 201,
  body: '{}',
  eventIds: ['event'],
  expiresAt: new Date(Date.now() + 86_400_000),
});

/** One of everything that a command leaves behind, under one name. */
const writeAll = async (storage: Storage, work: UnitOfWork, name: string): Promise<void> => {
  await storage.events.append(work, [accountOpened(name)]);
  await storage.table(idempotencyKeysTable).write(work, [{ kind: 'insert', row: keyRow(name) }]);
  await storage.table(transactionIdsTable).write(work, [{ kind: 'insert', row: { _id: name, eventId: 'event' } }]);
  await storage.table(accountsTable).write(work, [{ kind: 'put', row: accountRow(name) }]);
};

/** How many of the four are to be seen. */
const traces = async (storage: Storage, name: string): Promise<number> => {
  const events = await storage.events.read(streamOf(name), { after: 0, limit: 10 });
  const rows = await Promise.all([
    storage.table(idempotencyKeysTable).getMany([name]),
    storage.table(transactionIdsTable).getMany([name]),
    storage.table(accountsTable).range({ where: { _id: name }, order: ['_id'] }),
  ]);
  return [events, ...rows].filter((found) => found.length > 0).length;
};

const allOrNothing = (under: Under): void => {
  it('gives what the body gave, and shows its writes once it is done', async () => {
    const { storage } = under();
    const given = await storage.transactionally(async (work) => {
      await writeAll(storage, work, 'committed');
      return 'done';
    });
    expect(given).toBe('done');
    expect(await traces(storage, 'committed')).toBe(4);
  });

  it('shows nobody what is not committed yet', async () => {
    const { storage } = under();
    const seen = await storage.transactionally(async (work) => {
      await writeAll(storage, work, 'uncommitted');
      const heads = [];
      for await (const head of storage.events.heads()) heads.push(head.streamId);
      return { traces: await traces(storage, 'uncommitted'), inHeads: heads.includes(streamOf('uncommitted')) };
    });
    expect(seen).toEqual({ traces: 0, inHeads: false });
    expect(await traces(storage, 'uncommitted')).toBe(4);
  });

  it('leaves nothing behind where the body throws, and hands on what it threw', async () => {
    const { storage } = under();
    const reason = new Error('a bug');
    const failing = storage.transactionally(async (work) => {
      await writeAll(storage, work, 'thrown');
      throw reason;
    });
    await expect(failing).rejects.toBe(reason);
    expect(await traces(storage, 'thrown')).toBe(0);
  });

  it('leaves nothing behind where the last write conflicts', async () => {
    const { storage } = under();
    await append(storage, streamUpTo('obstacle', 2));
    const failing = storage.transactionally(async (work) => {
      await writeAll(storage, work, 'conflicting');
      await storage.events.append(work, [moneyDeposited('obstacle', 2, 1n)]);
    });
    await expect(failing).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await traces(storage, 'conflicting')).toBe(0);
  });

  it('can be begun again after a failure, with the same writes', async () => {
    const { storage } = under();
    const run = (fails: boolean): Promise<void> =>
      storage.transactionally(async (work) => {
        await writeAll(storage, work, 'second-try');
        if (fails) throw new Error('not yet');
      });
    await expect(run(true)).rejects.toThrow('not yet');
    await run(false);
    expect(await traces(storage, 'second-try')).toBe(4);
  });
};

const racing = (under: Under): void => {
  it('lets one of two units of work have a version, and nothing of the other stand', async () => {
    const { storage } = under();
    for (let round = 0; round < 20; round += 1) {
      const stream = `raced-${round}`;
      await append(storage, [accountOpened(stream)]);
      const contenders = [`${stream}-a`, `${stream}-b`];
      const outcomes = await Promise.allSettled(
        contenders.map((name) =>
          storage.transactionally(async (work) => {
            await writeAll(storage, work, name);
            await storage.events.append(work, [moneyDeposited(stream, 2, 1n)]);
          }),
        ),
      );
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(refused[0]?.reason).toMatchObject({ name: 'VersionConflict' });
      const left = await Promise.all(contenders.map((name) => traces(storage, name)));
      expect(left.sort()).toEqual([0, 4]);
      expect(await storage.events.read(streamOf(stream), { after: 0, limit: 10 })).toHaveLength(2);
    }
  });

  it('lets one of two units of work have an id', async () => {
    const { storage } = under();
    const outcomes = await Promise.allSettled(
      [1, 2].map(() =>
        storage.transactionally((work) =>
          storage.table(idempotencyKeysTable).write(work, [{ kind: 'insert', row: keyRow('raced-key') }]),
        ),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('lets units of work that share nothing go side by side', async () => {
    const { storage } = under();
    const names = Array.from({ length: 10 }, (_, index) => `side-${index}`);
    await Promise.all(names.map((name) => storage.transactionally((work) => writeAll(storage, work, name))));
    expect(await Promise.all(names.map((name) => traces(storage, name)))).toEqual(names.map(() => 4));
  });
};

/** One transaction: all of its writes, or none, and nobody sees half of it. */
export const unitOfWorkContract = (under: Under): void => {
  describe('a unit of work', () => {
    allOrNothing(under);
    racing(under);
  });
};
