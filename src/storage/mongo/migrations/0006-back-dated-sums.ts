import type { Migration } from './migration.ts';

/** So that the server adds back-dated entries up from this index alone, in the order in which they were recorded. */
export const backDatedSums: Migration = {
  id: '0006-back-dated-sums',
  up: async (database) => {
    await database
      .collection('statement_entries')
      .createIndex(
        { accountId: 1, backDated: 1, version: 1, effectiveAt: 1, amount: 1 },
        { name: 'back_dated_sums', partialFilterExpression: { backDated: true } },
        {},
      );
  },
};
