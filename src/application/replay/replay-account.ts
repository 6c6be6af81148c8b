import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, initialState, isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import { NO_MONEY } from '../../domain/money/money.ts';
import type { Storage } from '../ports/storage.ts';
import { changesOf, eventsOf, type Until } from './account-history.ts';

/** One event of an account, and what it made of the balance. Amounts in minor units; `amount` is signed. */
export type ReplayStep = {
  readonly version: number;
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
  readonly type: RecordedEvent['type'];
  readonly eventId: string;
  readonly amount?: bigint;
  readonly balanceBefore: bigint;
  readonly balanceAfter: bigint;
  readonly actor: string;
  readonly correlationId: string;
  readonly data: RecordedEvent['data'];
  readonly account: OpenedAccount;
};

/**
 * Folds an account from its first event on, never from a snapshot, and shows each step up to a version or a recorded time.
 * Rejects with BrokenStream, UnknownEventShape.
 */
export async function* replayAccount(storage: Storage, accountId: AccountId, until: Until): AsyncGenerator<ReplayStep> {
  let account: Account = initialState();
  for await (const page of eventsOf(storage, streamIdOf(accountId), 0, { upTo: until.version })) {
    for (const change of changesOf(account, page)) {
      const { event, before, after } = change;
      if (until.recordedAt !== undefined && event.recordedAt > until.recordedAt) return;
      account = after;
      const amount = postingOf(event);
      yield {
        version: event.version,
        recordedAt: new Date(event.recordedAt),
        effectiveAt: new Date(event.effectiveAt),
        type: event.type,
        eventId: event.eventId,
        ...(amount !== undefined && { amount }),
        balanceBefore: isOpened(before) ? before.ledgerBalance : NO_MONEY,
        balanceAfter: after.ledgerBalance,
        actor: event.metadata.actor,
        correlationId: event.metadata.correlationId,
        data: event.data,
        account: after,
      };
    }
  }
}
