import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Movement } from '../../domain/chart/chart-of-accounts.ts';
import type { EventId } from '../../domain/event/event-id.ts';

const partyOf = (event: RecordedEvent | undefined): string | undefined => {
  if (event?.type === 'MoneyDeposited') return event.data.source;
  return event?.type === 'MoneyWithdrawn' || event?.type === 'HoldCaptured' ? event.data.destination : undefined;
};

/** What one event moved, or undefined where it moved nothing. A reversal moves back what its original moved. */
const movementOf = (
  event: RecordedEvent,
  eventWith: (eventId: EventId) => RecordedEvent | undefined,
): Movement | undefined => {
  switch (event.type) {
    case 'MoneyDeposited':
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
    case 'TransferSent':
    case 'TransferReceived': {
      const party = partyOf(event);
      const { amount: total, currency } = event.data;
      return { type: event.type, isReversal: false, ...(party !== undefined && { party }), currency, total };
    }
    case 'TransactionReversed': {
      const { originalType: type, originalEventId, amount: total, currency } = event.data;
      const party = partyOf(eventWith(originalEventId));
      return { type, isReversal: true, ...(party !== undefined && { party }), currency, total };
    }
    default:
      return undefined;
  }
};

/** What these events moved, summed up by kind, party and currency. */
export const movementsOf = (
  events: Iterable<RecordedEvent>,
  eventWith: (eventId: EventId) => RecordedEvent | undefined,
): readonly Movement[] => {
  const sums = new Map<string, Movement>();
  for (const event of events) {
    const movement = movementOf(event, eventWith);
    if (!movement) continue;
    const key = JSON.stringify([movement.type, movement.isReversal, movement.party, movement.currency]);
    sums.set(key, { ...movement, total: movement.total + (sums.get(key)?.total ?? 0n) });
  }
  return [...sums.values()];
};
