import type { Answer } from '../../application/commands/command.ts';
import { availableBalance } from '../../domain/account/account-state.ts';
import type { Change } from '../../projections/projection.ts';
import { amountOnWire, etagOf, type Json, timeOnWire } from './wire.ts';

const amountIn = ({ event }: Change): bigint => ('amount' in event.data ? event.data.amount : 0n);

/** What a booking did to its account. */
export const presentReceipt = (change: Change): Json => {
  const { event, after } = change;
  return {
    eventId: event.eventId,
    type: event.type,
    accountId: after.accountId,
    transactionId: event.metadata.transactionId,
    amount: amountOnWire(amountIn(change)),
    currency: after.currency,
    ledgerBalance: amountOnWire(after.ledgerBalance),
    availableBalance: amountOnWire(availableBalance(after)),
    version: event.version,
    recordedAt: timeOnWire(event.recordedAt),
    effectiveAt: timeOnWire(event.effectiveAt),
  };
};

export const onlyFirst = (changes: readonly Change[]): Change => {
  const [first] = changes;
  if (!first) throw new Error('a command that changed nothing has no receipt');
  return first;
};

export const answerReceipt = (changes: readonly Change[]): Answer => {
  const change = onlyFirst(changes);
  return { status: 201, body: JSON.stringify(presentReceipt(change)), etag: etagOf(change.event.version) };
};

/** The receipt of the account whose event was named; of the other leg only where it is, not what it holds. */
export const answerReversal = (changes: readonly Change[]): Answer => {
  const named = onlyFirst(changes);
  const [, other] = changes;
  if (named.event.type !== 'TransactionReversed') throw new Error(`${named.event.type} is no reversal`);
  const { originalEventId, originalAmount, reversedTotal, reason, transferId } = named.event.data;
  const body = {
    ...presentReceipt(named),
    originalEventId,
    originalAmount: amountOnWire(originalAmount),
    reversedTotal: amountOnWire(reversedTotal),
    reason,
    transferId,
    counterpart: other && { eventId: other.event.eventId, accountId: other.after.accountId },
  };
  return { status: 201, body: JSON.stringify(body), etag: etagOf(named.event.version) };
};
