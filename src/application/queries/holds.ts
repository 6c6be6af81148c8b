import type { AccountId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { HoldStatus } from '../../domain/hold/hold.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import { holdRowId, type HoldRow, holdsTable } from '../../projections/holds/holds.ts';
import type { ReadModels } from '../ports/storage.ts';

/** Rejects with ACCOUNT_NOT_FOUND. */
const mustBeThere = async (models: ReadModels, accountId: AccountId): Promise<void> => {
  if (!(await models.table(accountsTable).get(accountId))) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
};

/** Rejects with ACCOUNT_NOT_FOUND, HOLD_NOT_FOUND, in this order. */
export const findHold =
  (models: ReadModels) =>
  async (accountId: AccountId, holdId: HoldId): Promise<HoldRow> => {
    const row = await models.table(holdsTable).get(holdRowId({ accountId, holdId }));
    if (row) return row;
    await mustBeThere(models, accountId);
    throw new DomainError('HOLD_NOT_FOUND', { holdId });
  };

type Page = {
  readonly status?: HoldStatus;
  readonly limit: number;
  /** Goes on behind the hold that was placed with this version of the account. */
  readonly after?: number;
};

/** The holds of an account in the order in which they were placed. Rejects with ACCOUNT_NOT_FOUND. */
export const listHolds =
  (models: ReadModels) =>
  async (accountId: AccountId, { status, limit, after }: Page): Promise<readonly HoldRow[]> => {
    const rows = await models.table(holdsTable).range({
      where: { accountId, ...(status !== undefined && { status }) },
      order: ['placedVersion'],
      limit,
      ...(after !== undefined && { after: [after] }),
    });
    if (rows.length === 0) await mustBeThere(models, accountId);
    return rows;
  };
