import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { mustBeReversible, type ReversibleEvent } from '../../domain/reversal/reversal.ts';
import type { Storage } from '../ports/storage.ts';

/** The event that a reversal names. Rejects with EVENT_NOT_FOUND, NOT_REVERSIBLE, in this order. */
export const findReversibleEvent =
  (storage: Storage) =>
  async (eventId: EventId): Promise<ReversibleEvent> => {
    const event = await storage.events.get(eventId);
    if (!event) throw new DomainError('EVENT_NOT_FOUND', { eventId });
    return mustBeReversible(event);
  };
