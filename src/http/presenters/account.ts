import type { Answer } from '../../application/commands/command.ts';
import { type AccountRow, accountRowOf } from '../../projections/accounts/accounts.ts';
import type { Change } from '../../projections/projection.ts';
import { amountOnWire, etagOf, type Json, timeOnWire } from './wire.ts';

export const presentAccount = (row: AccountRow): Json => ({
  accountId: row._id,
  ownerId: row.ownerId,
  currency: row.currency,
  status: row.status,
  ledgerBalance: amountOnWire(row.ledgerBalance),
  heldAmount: amountOnWire(row.heldAmount),
  availableBalance: amountOnWire(row.availableBalance),
  overdraftLimit: amountOnWire(row.overdraftLimit),
  version: row.version,
  openedAt: row.openedAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  metadata: row.metadata ?? {},
});

export const presentBalance = (row: AccountRow, { asOf, knownAt }: { asOf: number; knownAt: number }): Json => ({
  accountId: row._id,
  currency: row.currency,
  ledgerBalance: amountOnWire(row.ledgerBalance),
  heldAmount: amountOnWire(row.heldAmount),
  availableBalance: amountOnWire(row.availableBalance),
  version: row.version,
  asOf: timeOnWire(asOf),
  knownAt: timeOnWire(knownAt),
});

/** The account behind the last of these changes. */
export const answerAccount =
  (status: 200 | 201) =>
  (changes: readonly Change[]): Answer => {
    const last = changes.at(-1);
    if (!last) throw new Error('a command that changed nothing has no account to show');
    return {
      status,
      body: JSON.stringify(presentAccount(accountRowOf(last.after))),
      etag: etagOf(last.after.version),
      ...(status === 201 && { location: `/v1/accounts/${last.after.accountId}` }),
    };
  };
