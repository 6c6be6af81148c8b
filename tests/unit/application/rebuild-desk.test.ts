import { expect, it } from 'vitest';
import type { Storage } from '../../../src/application/ports/storage.ts';
import type { Row, Table, TableName } from '../../../src/application/ports/table.ts';
import { RebuildDesk } from '../../../src/application/rebuilds/rebuild-desk.ts';
import { rebuildsTable } from '../../../src/application/rebuilds/rebuild-row.ts';
import { systemClock } from '../../../src/compose.ts';
import { answerRebuild } from '../../../src/http/presenters/rebuild.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';

const act = {
  ...{ actor: 'anonymous', what: 'createRebuild', route: 'a test', from: 'here', requestId: 'request' },
  idempotency: { key: 'key', requestHash: 'hash' },
  wording: answerRebuild(202),
};

/** The same storage, where something happens before the rebuilds are looked at. */
const overtaken = (storage: Storage, first: () => Promise<unknown>): Storage => ({
  ...storage,
  table: <R extends Row>(name: TableName<R>): Table<R> => {
    const table = storage.table(name);
    return {
      get: (id) => table.get(id),
      getMany: (ids) => table.getMany(ids),
      range: async (query) => {
        if (name.name === rebuildsTable.name) await first();
        return table.range(query);
      },
      stored: (query) => table.stored(query),
      sum: (field, conditions) => table.sum(field, conditions),
      write: (work, writes) => table.write(work, writes),
    };
  },
});

it('a request that was carried out while its twin was looked at is answered the same, and not refused for what its twin did', async () => {
  const storage = openMemoryStorage();
  const desk = new RebuildDesk(storage, systemClock, 1_000);
  const first = desk.begin.bind(desk, undefined, act);
  const slow = new RebuildDesk(overtaken(storage, first), systemClock, 1_000);
  const second = await slow.begin(undefined, act);
  expect(second.replayed).toBe(true);
  expect(second.answer).toEqual((await first()).answer);
  expect(await desk.list({ limit: 10 })).toHaveLength(1);
});
