import { describe, expect, it } from 'vitest';
import type { RangeQuery, RowWrite } from '../../src/application/ports/table.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import {
  type StatementEntryRow,
  statementEntriesTable,
} from '../../src/projections/statement-entries/statement-entries.ts';
import { accountRow, type Under, write } from './fixture.ts';

const LARGEST = 9_007_199_254_740_991n;

const day = (date: number): Date => new Date(Date.UTC(2026, 2, date, 12, 30, 15, 123));

const entry = (
  accountId: string,
  version: number,
  amount: bigint,
  cells: Partial<StatementEntryRow> = {},
): StatementEntryRow => ({
  _id: `${accountId}-${version}`,
  accountId,
  version,
  type: amount < 0n ? 'MoneyWithdrawn' : 'MoneyDeposited',
  amount,
  currency: 'EUR',
  balanceAfter: amount,
  backDated: false,
  recordedAt: day(version),
  effectiveAt: day(version),
  ...cells,
});

const inserted = <R extends { readonly _id: string }>(rows: readonly R[]): readonly RowWrite<R>[] =>
  rows.map((row) => ({ kind: 'insert', row }));

const writesContract = (under: Under): void => {
  it('gives a row back exactly as it was written', async () => {
    const { storage } = under();
    const row = accountRow('whole', { metadata: { branch: 'north', note: '' }, ledgerBalance: -LARGEST });
    await write(storage, accountsTable, [{ kind: 'insert', row }]);
    expect(await storage.table(accountsTable).get('whole')).toStrictEqual(row);
    expect(await storage.table(accountsTable).get('hole')).toBeUndefined();
  });

  it.each([0n, 1n, -1n, LARGEST, -LARGEST, LARGEST + 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'keeps %d a bigint',
    async (amount) => {
      const { storage } = under();
      const row = accountRow(`amount-${amount}`, { ledgerBalance: amount, availableBalance: amount });
      await write(storage, accountsTable, [{ kind: 'insert', row }]);
      expect(await storage.table(accountsTable).get(row._id)).toStrictEqual(row);
      await write(storage, accountsTable, [{ kind: 'patch', id: row._id, set: { heldAmount: amount } }]);
      expect((await storage.table(accountsTable).get(row._id))?.heldAmount).toBe(amount);
      const where = { _id: row._id, heldAmount: amount };
      expect(await storage.table(accountsTable).range({ where, order: ['_id'] })).toHaveLength(1);
    },
  );

  it('puts a new row, and puts another in its place', async () => {
    const { storage } = under();
    await write(storage, accountsTable, [{ kind: 'put', row: accountRow('put', { metadata: { a: '1' } }) }]);
    await write(storage, accountsTable, [{ kind: 'put', row: accountRow('put', { version: 2 }) }]);
    expect(await storage.table(accountsTable).get('put')).toStrictEqual(accountRow('put', { version: 2 }));
  });

  it('patches the named cells only, and makes no row of a patch', async () => {
    const { storage } = under();
    await write(storage, accountsTable, inserted([accountRow('patched', { ledgerBalance: 7n })]));
    await write(storage, accountsTable, [
      { kind: 'patch', id: 'patched', set: { status: 'frozen', version: 2 } },
      { kind: 'patch', id: 'unpatched', set: { status: 'frozen' } },
    ]);
    const expected = accountRow('patched', { ledgerBalance: 7n, status: 'frozen', version: 2 });
    expect(await storage.table(accountsTable).get('patched')).toStrictEqual(expected);
    expect(await storage.table(accountsTable).get('unpatched')).toBeUndefined();
  });

  it('writes in the given order', async () => {
    const { storage } = under();
    await write(storage, accountsTable, [
      { kind: 'insert', row: accountRow('in-order') },
      { kind: 'patch', id: 'in-order', set: { version: 2 } },
      { kind: 'put', row: accountRow('in-order', { version: 3 }) },
      { kind: 'patch', id: 'in-order', set: { status: 'closed' } },
    ]);
    const expected = accountRow('in-order', { version: 3, status: 'closed' });
    expect(await storage.table(accountsTable).get('in-order')).toStrictEqual(expected);
  });

  it('refuses to insert an id that exists, and then writes nothing', async () => {
    const { storage } = under();
    await write(storage, accountsTable, inserted([accountRow('exists')]));
    const rows = [accountRow('new-neighbour'), accountRow('exists', { version: 2 })];
    await expect(write(storage, accountsTable, inserted(rows))).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await storage.table(accountsTable).get('new-neighbour')).toBeUndefined();
    expect((await storage.table(accountsTable).get('exists'))?.version).toBe(1);
  });

  it('refuses one id inserted twice in one unit of work, at once or in two steps', async () => {
    const { storage } = under();
    const twice = inserted([accountRow('doubled'), accountRow('doubled')]);
    await expect(write(storage, accountsTable, twice)).rejects.toMatchObject({ name: 'VersionConflict' });
    const inTwoSteps = storage.transactionally(async (work) => {
      for (const step of twice) await storage.table(accountsTable).write(work, [step]);
    });
    await expect(inTwoSteps).rejects.toMatchObject({ name: 'VersionConflict' });
    expect(await storage.table(accountsTable).get('doubled')).toBeUndefined();
  });

  it('takes an empty list', async () => {
    await expect(write(under().storage, accountsTable, [])).resolves.toBeUndefined();
  });

  it('finds many by id, each once, and leaves out those that are not there', async () => {
    const { storage } = under();
    await write(storage, accountsTable, inserted(['many-1', 'many-2', 'many-3'].map((id) => accountRow(id))));
    const found = await storage.table(accountsTable).getMany(['many-3', 'nobody', 'many-1', 'many-3']);
    expect(found.map(({ _id }) => _id).sort()).toEqual(['many-1', 'many-3']);
    expect(await storage.table(accountsTable).getMany([])).toEqual([]);
  });
};

const rangeContract = (under: Under): void => {
  const ranged = async (query: RangeQuery<StatementEntryRow>): Promise<readonly string[]> => {
    const rows = await under().storage.table(statementEntriesTable).range(query);
    return rows.map(({ _id }) => _id);
  };
  const where = { accountId: 'r' };

  // Value dates fall back and meet, so that order by (effectiveAt, version) is neither the order of versions nor of writing.
  const filled = async (): Promise<void> => {
    if ((await ranged({ where, order: ['_id'] })).length > 0) return;
    await write(
      under().storage,
      statementEntriesTable,
      inserted([
        entry('r', 4, 40n, { effectiveAt: day(2), backDated: true, transactionId: 'tx-4' }),
        entry('r', 1, -LARGEST),
        entry('r', 5, LARGEST, { effectiveAt: day(2), backDated: true }),
        entry('r', 3, -30n),
        entry('r', 2, 20n, { transactionId: 'tx-2' }),
        entry('s', 9, 1n),
      ]),
    );
  };

  it('keeps to `where`, also for booleans and for cells that only some rows have', async () => {
    await filled();
    expect(await ranged({ where, order: ['version'] })).toEqual(['r-1', 'r-2', 'r-3', 'r-4', 'r-5']);
    expect(await ranged({ where: { ...where, backDated: true }, order: ['version'] })).toEqual(['r-4', 'r-5']);
    expect(await ranged({ where: { ...where, transactionId: 'tx-2' }, order: ['version'] })).toEqual(['r-2']);
    expect(await ranged({ where: { ...where, effectiveAt: day(3) }, order: ['version'] })).toEqual(['r-3']);
    expect(await ranged({ where: { accountId: 'q' }, order: ['version'] })).toEqual([]);
  });

  it('keeps within bounds of numbers, dates, bigints and strings', async () => {
    await filled();
    const bounded = (bounds: RangeQuery<StatementEntryRow>['bounds']): Promise<readonly string[]> =>
      ranged({ where, order: ['version'], ...(bounds && { bounds }) });
    expect(await bounded({ version: { gt: 2, lte: 4 } })).toEqual(['r-3', 'r-4']);
    expect(await bounded({ version: { gte: 2, lt: 4 } })).toEqual(['r-2', 'r-3']);
    expect(await bounded({ effectiveAt: { gte: day(2), lt: day(3) } })).toEqual(['r-2', 'r-4', 'r-5']);
    expect(await bounded({ effectiveAt: { gt: new Date(day(2).getTime() - 1), lte: day(2) } })).toEqual([
      'r-2',
      'r-4',
      'r-5',
    ]);
    expect(await bounded({ amount: { gte: LARGEST } })).toEqual(['r-5']);
    expect(await bounded({ amount: { lte: -LARGEST } })).toEqual(['r-1']);
    expect(await bounded({ amount: { gt: -LARGEST, lt: 20n } })).toEqual(['r-3']);
    expect(await bounded({ _id: { gt: 'r-2', lte: 'r-4' } })).toEqual(['r-3', 'r-4']);
    expect(await bounded({ version: { gt: 1 }, amount: { gt: 0n } })).toEqual(['r-2', 'r-4', 'r-5']);
  });

  it('finds no row by bounds on a cell that it does not have', async () => {
    await filled();
    const bounds = { transactionId: { gte: '', lte: 'tx-3' } };
    expect(await ranged({ where, bounds, order: ['version'] })).toEqual(['r-2']);
  });

  it('orders by several fields, up and down', async () => {
    await filled();
    const order = ['effectiveAt', 'version'] as const;
    expect(await ranged({ where, order })).toEqual(['r-1', 'r-2', 'r-4', 'r-5', 'r-3']);
    expect(await ranged({ where, order, direction: 'desc' })).toEqual(['r-3', 'r-5', 'r-4', 'r-2', 'r-1']);
    expect(await ranged({ where, order: ['amount'] })).toEqual(['r-1', 'r-3', 'r-2', 'r-4', 'r-5']);
  });

  it.each(['asc', 'desc'] as const)('walks in pages, %s, and meets every row once', async (direction) => {
    await filled();
    const order = ['effectiveAt', 'version'] as const;
    const all = await under().storage.table(statementEntriesTable).range({ where, order, direction });
    const walked: StatementEntryRow[] = [];
    for (;;) {
      const last = walked.at(-1);
      const after = last && [last.effectiveAt, last.version];
      const query = { where, order, direction, limit: 2, ...(after && { after }) };
      const page = await under().storage.table(statementEntriesTable).range(query);
      walked.push(...page);
      if (page.length < 2) break;
    }
    expect(walked).toStrictEqual(all);
  });

  it('goes on behind values that no row has', async () => {
    await filled();
    const order = ['effectiveAt', 'version'] as const;
    expect(await ranged({ where, order, after: [day(2), 4.5] })).toEqual(['r-5', 'r-3']);
    expect(await ranged({ where, order, after: [day(2), 0], direction: 'desc' })).toEqual(['r-1']);
  });

  it('adds a field up, of the rows that a range would give, and of none', async () => {
    await filled();
    const entries = under().storage.table(statementEntriesTable);
    expect(await entries.sum('amount', { where })).toBe(30n);
    expect(await entries.sum('amount', { where: { ...where, backDated: true } })).toBe(LARGEST + 40n);
    expect(await entries.sum('amount', { where, bounds: { effectiveAt: { lt: day(3) }, version: { gt: 1 } } })).toBe(
      LARGEST + 60n,
    );
    expect(await entries.sum('amount', { where: { accountId: 'q' } })).toBe(0n);
  });

  it('says so where a sum is beyond int64', async () => {
    const most = 2n ** 63n - 1n;
    const rows = [entry('sum', 1, most), entry('sum', 2, most, { backDated: true }), entry('sum', 3, -most)];
    await write(under().storage, statementEntriesTable, inserted(rows));
    const entries = under().storage.table(statementEntriesTable);
    expect(await entries.sum('amount', { where: { accountId: 'sum', backDated: true } })).toBe(most);
    const beyond = entries.sum('amount', { where: { accountId: 'sum' }, bounds: { version: { lt: 3 } } });
    await expect(beyond).rejects.toThrow(RangeError);
  });

  it('gives rows as they are stored, by id, and tells whether two are the same', async () => {
    const { storage } = under();
    const entries = storage.table(statementEntriesTable);
    await write(storage, statementEntriesTable, inserted([entry('t', 2, 20n), entry('t', 1, 1n), entry('t', 3, 30n)]));
    const ofT = { where: { accountId: 't' }, limit: 2 };
    const first = await entries.stored(ofT);
    const all = [...first, ...(await entries.stored({ ...ofT, after: 't-2' }))];
    expect(all.map(({ _id }) => _id)).toEqual(['t-1', 't-2', 't-3']);
    expect(all.map((row) => row.read())).toEqual([entry('t', 1, 1n), entry('t', 2, 20n), entry('t', 3, 30n)]);
    expect(await entries.stored({ where: { _id: 't-1' }, limit: 1, after: 't-1' })).toEqual([]);
    const samesOf = async (): Promise<readonly boolean[]> =>
      (await entries.stored(ofT)).flatMap((row) => first.map((other) => row.isSame(other)));
    expect(await samesOf()).toEqual([true, false, false, true]);
    await write(storage, statementEntriesTable, [{ kind: 'patch', id: 't-1', set: { balanceAfter: 77n } }]);
    expect(await samesOf()).toEqual([false, false, false, true]);
  });

  it('pages by a text', async () => {
    await filled();
    const query = { where, order: ['_id'], limit: 2 } as const;
    expect(await ranged(query)).toEqual(['r-1', 'r-2']);
    expect(await ranged({ ...query, after: ['r-2'] })).toEqual(['r-3', 'r-4']);
  });
};

/** Read models, keys and ids: rows that are written with the events, and found again. */
export const tableContract = (under: Under): void => {
  describe('writing rows', () => writesContract(under));
  describe('ranges of rows', () => rangeContract(under));
};
