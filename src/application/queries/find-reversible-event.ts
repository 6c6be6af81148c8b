import { type AccountId, accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { mustBeReversible, type ReversibleEvent } from '../../domain/reversal/reversal.ts';
import type { Storage } from '../ports/storage.ts';

type MayBeSeen = (accountId: AccountId) => Promise<boolean>;

const allMayBeSeen: MayBeSeen = () => Promise.resolve(true);

// Whoever may not see everything is told of no event only after the same question, so that it takes the same time.
const NO_STREAM = '' as StreamId;

/** The event that a reversal names, on an account that may be seen. Rejects with EVENT_NOT_FOUND, NOT_REVERSIBLE, in this order. */
export const findReversibleEvent =
  (storage: Storage) =>
  async (eventId: EventId, mayBeSeen = allMayBeSeen): Promise<ReversibleEvent> => {
    const event = await storage.events.get(eventId);
    const isSeen = await mayBeSeen(accountIdOf(event?.streamId ?? NO_STREAM));
    if (!event || !isSeen) throw new DomainError('EVENT_NOT_FOUND', { eventId });
    return mustBeReversible(event);
  };
