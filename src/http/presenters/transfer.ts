import type { Answer } from '../../application/commands/command.ts';
import type { ShownTransfer } from '../../application/queries/find-transfer.ts';
import { availableBalance } from '../../domain/account/account-state.ts';
import type { Change } from '../../projections/projection.ts';
import { transfersProjection } from '../../projections/transfers/transfers.ts';
import { amountOnWire, etagOf, type Json } from './wire.ts';

export const presentTransfer = (row: ShownTransfer, senderBalances: Json = {}): Json => ({
  transferId: row._id,
  status: row.status,
  amount: amountOnWire(row.amount),
  reversedAmount: amountOnWire(row.reversedAmount),
  currency: row.currency,
  from: { accountId: row.fromAccountId, eventId: row.fromEventId, version: row.fromVersion, ...senderBalances },
  to: { accountId: row.toAccountId, eventId: row.toEventId },
  transactionId: row.transactionId,
  reference: row.reference,
  recordedAt: row.recordedAt.toISOString(),
  effectiveAt: row.effectiveAt.toISOString(),
});

/** The transfer, with the sender's balances behind it; what the receiver holds is not the sender's business. */
export const answerTransfer = (changes: readonly Change[]): Answer => {
  const [sent] = changes;
  const [write] = sent ? transfersProjection.project(sent) : [];
  if (!sent || write?.kind !== 'insert') throw new Error('a transfer begins with its debit');
  const balances = {
    ledgerBalance: amountOnWire(sent.after.ledgerBalance),
    availableBalance: amountOnWire(availableBalance(sent.after)),
  };
  return {
    status: 201,
    body: JSON.stringify(presentTransfer(write.row, balances)),
    etag: etagOf(sent.event.version),
    location: `/v1/transfers/${write.row._id}`,
  };
};
