import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { OpenedAccount } from '../../domain/account/account-state.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { accountKnownAt, type Known } from '../queries/find-account.ts';

/** What somebody who decides about an account at some moment knows. */
export type Horizon = {
  readonly account: OpenedAccount;
  /** When it is decided: what is effective later lies in the future. */
  readonly decidedAt: Instant;
  /** Of other accounts, what was recorded later is not known; undefined: everything is. */
  readonly recordedBy: Instant | undefined;
};

/**
 * Whatever is known about an account at a moment; empty: now. A version is decided on at the moment when it was recorded. Rejects with
 * EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order.
 */
export const horizonAt = async (
  storage: Storage,
  clock: Clock,
  asked: { readonly accountId: AccountId; readonly known: Known },
): Promise<Horizon> => {
  const account = await accountKnownAt(storage, clock, asked);
  const { knownAt, version } = asked.known;
  const recordedBy = knownAt ?? (version === undefined ? undefined : account.recordedAt);
  return { account, decidedAt: recordedBy ?? clock.now(), recordedBy };
};

/** Whether the event is known there. Of the account itself the version says so, which tells events of one millisecond apart. */
export const isKnown =
  ({ account, recordedBy }: Horizon) =>
  ({ streamId, version, recordedAt }: RecordedEvent): boolean => {
    if (streamId === streamIdOf(account.accountId)) return version <= account.version;
    return recordedBy === undefined || recordedAt <= recordedBy;
  };
