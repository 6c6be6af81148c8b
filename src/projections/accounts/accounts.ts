import { tableName } from '../../application/ports/table.ts';
import type { Metadata } from '../../domain/account/account-event.ts';
import {
  type AccountStatus,
  availableBalance,
  isOpened,
  type OpenedAccount,
} from '../../domain/account/account-state.ts';
import type { Projection } from '../projection.ts';

/** The account as it is now. `_id` is the account id; amounts in minor units. */
export type AccountRow = {
  readonly _id: string;
  readonly ownerId: string;
  readonly currency: string;
  readonly status: AccountStatus;
  readonly ledgerBalance: bigint;
  readonly heldAmount: bigint;
  readonly availableBalance: bigint;
  readonly overdraftLimit: bigint;
  readonly version: number;
  readonly openedAt: Date;
  readonly updatedAt: Date;
  readonly metadata?: Metadata;
};

const isSame = (left: unknown, right: unknown): boolean =>
  left === right || (left instanceof Date && right instanceof Date && left.getTime() === right.getTime());

export const accountsTable = tableName<AccountRow>('accounts');

export const accountRowOf = (account: OpenedAccount): AccountRow => ({
  _id: account.accountId,
  ownerId: account.ownerId,
  currency: account.currency,
  status: account.status,
  ledgerBalance: account.ledgerBalance,
  heldAmount: account.heldAmount,
  availableBalance: availableBalance(account),
  overdraftLimit: account.overdraftLimit,
  version: account.version,
  openedAt: new Date(account.openedAt),
  updatedAt: new Date(account.recordedAt),
  ...(account.metadata && { metadata: account.metadata }),
});

/** A change of balance leaves every field alone that accounts are looked up by, and so every index. */
const changedIn = (before: AccountRow, after: AccountRow): readonly string[] =>
  (Object.keys(after) as (keyof AccountRow)[]).filter((field) => !isSame(before[field], after[field]));

export const accountsProjection: Projection<AccountRow> = {
  table: accountsTable,
  accountIdIn: '_id',
  project: ({ before, after }) => {
    const row = accountRowOf(after);
    return [
      isOpened(before) ? { kind: 'put', row, changed: changedIn(accountRowOf(before), row) } : { kind: 'put', row },
    ];
  },
};
