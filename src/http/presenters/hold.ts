import type { Answer } from '../../application/commands/command.ts';
import type { HoldRow } from '../../projections/holds/holds.ts';
import type { Change } from '../../projections/projection.ts';
import { onlyFirst, presentReceipt } from './receipt.ts';
import { amountOnWire, etagOf, type Json } from './wire.ts';

export const presentHold = (row: HoldRow): Json => ({
  holdId: row.holdId,
  accountId: row.accountId,
  amount: amountOnWire(row.amount),
  currency: row.currency,
  status: row.status,
  capturedAmount: amountOnWire(row.capturedAmount),
  reference: row.reference,
  metadata: row.metadata,
  expiresAt: row.expiresAt?.toISOString(),
  placedAt: row.placedAt.toISOString(),
  endedAt: row.endedAt?.toISOString(),
});

/** The receipt of what was placed, captured or released, with all that the account holds behind it. */
export const answerHold = (changes: readonly Change[]): Answer => {
  const change = onlyFirst(changes);
  const { event, after } = change;
  if (!('holdId' in event.data)) throw new Error(`${event.type} is about no hold`);
  const { holdId } = event.data;
  const body = { ...presentReceipt(change), holdId, heldAmount: amountOnWire(after.heldAmount) };
  return {
    status: 201,
    body: JSON.stringify(body),
    etag: etagOf(event.version),
    ...(event.type === 'HoldPlaced' && { location: `/v1/accounts/${after.accountId}/holds/${holdId}` }),
  };
};
