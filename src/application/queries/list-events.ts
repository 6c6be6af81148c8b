import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Storage } from '../ports/storage.ts';

/** The stream of an account itself, behind version `after`. Rejects with ACCOUNT_NOT_FOUND where there is no stream. */
export const listEvents =
  (storage: Storage) =>
  async (
    accountId: AccountId,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly RecordedEvent[]> => {
    const events = await storage.events.read(streamIdOf(accountId), { after, limit });
    const [first] =
      events.length > 0 ? events : await storage.events.read(streamIdOf(accountId), { after: 0, limit: 1 });
    if (!first) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
    return events;
  };
