import type { Diff } from '../../application/queries/diff.ts';
import type { DiffEvent } from '../../application/queries/diff-parts.ts';
import type { Moment } from '../../application/queries/find-account.ts';
import { presentDifference, presentSight } from './sight.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

const presentEvent = ({ amount, recordedAt, effectiveAt, ...event }: DiffEvent): Json => ({
  eventId: event.eventId,
  version: event.version,
  type: event.type,
  amount: amount === undefined ? undefined : amountOnWire(amount),
  countsIn: event.countsIn,
  reason: event.reason,
  recordedAt: timeOnWire(recordedAt),
  effectiveAt: timeOnWire(effectiveAt),
});

const compared = ['version', 'status', 'ledgerBalance', 'heldAmount', 'availableBalance', 'overdraftLimit'] as const;

export const presentDiff = (
  { accountId, from, to, events }: Diff,
  moments: { readonly from: Moment; readonly to: Moment },
  nextCursor: string | undefined,
): Json => ({
  accountId,
  currency: to.row.currency,
  from: presentSight(from.row, moments.from),
  to: presentSight(to.row, moments.to),
  difference: presentDifference(from.row, to.row),
  differs: compared.filter((name) => from.row[name] !== to.row[name]),
  events: events.map(presentEvent),
  nextCursor,
});
