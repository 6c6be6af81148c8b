import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import type { Account } from '../../domain/account/account-state.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { Storage } from '../ports/storage.ts';
import { accountAt } from '../replay/account-history.ts';

/** The other account that an event went together with, as it was right before. */
export type Counterpart = { readonly eventId: EventId; readonly streamId: StreamId; readonly account: Account };

/** The event on the other account that was recorded together with this one. */
const otherLegOf = async (storage: Storage, event: RecordedEvent): Promise<RecordedEvent | undefined> => {
  if ('counterpartEventId' in event.data) return storage.events.get(event.data.counterpartEventId);
  if (event.type !== 'TransactionReversed' || event.data.transferId === undefined) return undefined;
  const { originalEventId, reversedTotal } = event.data;
  const original = await storage.events.get(originalEventId);
  if (!original || !('counterpartEventId' in original.data)) return undefined;
  // Both legs are always reversed together: the sum tells which reversal of the other leg it was.
  const reversals = await storage.events.reversalsOf([original.data.counterpartEventId]);
  return reversals.find(({ data }) => data.reversedTotal === reversedTotal);
};

/** Undefined where the event was about its own account alone. */
export const counterpartOf = async (storage: Storage, event: RecordedEvent): Promise<Counterpart | undefined> => {
  const leg = await otherLegOf(storage, event);
  if (!leg) return undefined;
  const { eventId, streamId, version } = leg;
  const { account } = await accountAt(storage, streamId, { version: version - 1 });
  return { eventId, streamId, account };
};
