import { type AccountRow, accountsTable } from '../../projections/accounts/accounts.ts';
import type { ReadModels } from '../ports/storage.ts';

export type AccountFilter = {
  readonly ownerId?: string;
  readonly status?: AccountRow['status'];
  readonly currency?: string;
};

/** Accounts that match, by account id, behind the id `after`. */
export const listAccounts =
  (models: ReadModels) =>
  (filter: AccountFilter, page: { readonly limit: number; readonly after?: string }): Promise<readonly AccountRow[]> =>
    models.table(accountsTable).range({
      where: filter,
      order: ['_id'],
      limit: page.limit,
      ...(page.after !== undefined && { after: [page.after] }),
    });
