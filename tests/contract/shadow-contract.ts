import { describe, expect, it } from 'vitest';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { statementEntriesTable } from '../../src/projections/statement-entries/statement-entries.ts';
import { accountRow, type Under, write } from './fixture.ts';

/** Twins of read models, which a rebuild fills while the live ones are in use. */
export const shadowContract = (under: Under): void => {
  describe('a shadow set', () => {
    it('begins empty, and neither side sees what the other is given', async () => {
      const { storage } = under();
      await write(storage, accountsTable, [{ kind: 'insert', row: accountRow('live') }]);
      const shadow = await storage.openShadow([accountsTable, statementEntriesTable]);
      expect(await shadow.table(accountsTable).range({ order: ['_id'] })).toEqual([]);
      await storage.transactionally((work) =>
        shadow.table(accountsTable).write(work, [
          { kind: 'insert', row: accountRow('live', { version: 7 }) },
          { kind: 'insert', row: accountRow('shadow') },
        ]),
      );
      expect((await storage.table(accountsTable).get('live'))?.version).toBe(1);
      expect(await storage.table(accountsTable).get('shadow')).toBeUndefined();
      expect((await shadow.table(accountsTable).get('live'))?.version).toBe(7);
      await shadow.drop();
    });

    it('is gone when it is dropped, also where nobody has used it, and the live tables stay', async () => {
      const { storage } = under();
      await write(storage, accountsTable, [{ kind: 'put', row: accountRow('stays') }]);
      const shadow = await storage.openShadow([accountsTable, statementEntriesTable]);
      await storage.transactionally((work) =>
        shadow.table(accountsTable).write(work, [{ kind: 'insert', row: accountRow('goes') }]),
      );
      await shadow.drop();
      expect(await shadow.table(accountsTable).range({ order: ['_id'] })).toEqual([]);
      expect((await storage.table(accountsTable).get('stays'))?._id).toBe('stays');
    });

    it('is found by its mark, and its mark among all others, until it is dropped', async () => {
      const { storage } = under();
      const names = [accountsTable, statementEntriesTable];
      const made = await storage.openShadow(names, '7');
      const other = await storage.openShadow(names);
      await storage.transactionally((work) =>
        made.table(accountsTable).write(work, [{ kind: 'insert', row: accountRow('found') }]),
      );
      const found = storage.findShadow(names, '7');
      expect((await found.table(accountsTable).get('found'))?._id).toBe('found');
      expect(await storage.shadowMarks()).toContain('7');
      expect(await storage.shadowMarks()).toHaveLength(2);
      await found.drop();
      expect(await storage.shadowMarks()).toHaveLength(1);
      await found.drop();
      await other.drop();
      expect(await storage.shadowMarks()).toEqual([]);
    });

    it('does not share anything with one opened later', async () => {
      const { storage } = under();
      const first = await storage.openShadow([accountsTable]);
      await storage.transactionally((work) =>
        first.table(accountsTable).write(work, [{ kind: 'insert', row: accountRow('earlier') }]),
      );
      const second = await storage.openShadow([accountsTable]);
      expect(await second.table(accountsTable).range({ order: ['_id'] })).toEqual([]);
      await second.drop();
      await first.drop();
    });
  });
};
