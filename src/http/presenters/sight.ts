import type { AccountRow } from '../../projections/accounts/accounts.ts';
import type { Moment } from '../../application/queries/find-account.ts';
import type { Instant } from '../../domain/time/instant.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

type Amounts = Pick<AccountRow, 'ledgerBalance' | 'heldAmount' | 'availableBalance' | 'overdraftLimit'>;

const amounts = ['ledgerBalance', 'heldAmount', 'availableBalance', 'overdraftLimit'] as const;

const presentAmounts = (of: (name: (typeof amounts)[number]) => bigint): Json =>
  Object.fromEntries(amounts.map((name) => [name, amountOnWire(of(name))]));

const timeIfAny = (time: Instant | undefined): string | undefined =>
  time === undefined ? undefined : timeOnWire(time);

/** What an account is at a moment: everything that a rule may look at. */
export const presentSight = (row: Amounts & Pick<AccountRow, 'version' | 'status'>, moment: Moment = {}): Json => ({
  asOf: timeIfAny(moment.asOf),
  knownAt: timeIfAny(moment.knownAt),
  version: row.version,
  status: row.status,
  ...presentAmounts((name) => row[name]),
});

/** What the one has more than the other. */
export const presentDifference = (from: Amounts, to: Amounts): Json => presentAmounts((name) => to[name] - from[name]);
