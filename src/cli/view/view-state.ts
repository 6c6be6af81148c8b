import type { Axis } from '../../application/replay/balance-curve.ts';
import type { OpenedAccount } from '../../domain/account/account-state.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { AccountRow } from '../../projections/accounts/accounts.ts';
import type { Change } from '../../projections/projection.ts';

/** What somebody is asked to type. */
export type Question = 'version' | 'time' | 'search';

/** Everything that is on the screen, but for its size. */
export type ViewState = {
  /** The account as it is now, or was when it was last looked at. */
  readonly head: OpenedAccount;
  /** When the first event was recorded. */
  readonly firstRecordedAt: Instant;
  readonly axis: Axis;
  /** The event that one stands on. */
  readonly change: Change;
  /** The account as it is seen from there. */
  readonly row: AccountRow;
  /** One balance for each column; empty while it is read. */
  readonly curve: readonly bigint[];
  readonly panel: 'chart' | 'event' | 'help';
  /** Lines of the panel that are out of sight above. */
  readonly scrolled: number;
  readonly prompt?: { readonly question: Question; readonly text: string };
  readonly message?: string;
  /** What was searched for last. */
  readonly searched?: string;
};

export type Size = { readonly columns: number; readonly rows: number };

/** The smallest terminal that everything fits on. */
export const SMALLEST: Size = { columns: 60, rows: 20 };
