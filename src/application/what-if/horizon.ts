import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { type Account, type OpenedAccount, versionOf } from '../../domain/account/account-state.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { accountKnownAt, type Known } from '../queries/find-account.ts';

/** What somebody who decides about an account at some moment knows. */
export type Horizon = {
  /** The account that it is decided about. */
  readonly accountId: AccountId;
  /** Accounts of which it is told by version what is known: that one, and any that an event touched together with it. */
  readonly exactly: ReadonlyMap<StreamId, Account>;
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
): Promise<Horizon & { readonly account: OpenedAccount }> => {
  const { accountId } = asked;
  const account = await accountKnownAt(storage, clock, asked);
  const { knownAt, version } = asked.known;
  const recordedBy = knownAt ?? (version === undefined ? undefined : account.recordedAt);
  const exactly = new Map([[streamIdOf(accountId), account]]);
  return { accountId, account, exactly, decidedAt: recordedBy ?? clock.now(), recordedBy };
};

/** Whether the event is known there. Of some accounts the version says so, which tells events of one millisecond apart. */
export const isKnown =
  ({ exactly, recordedBy }: Horizon) =>
  ({ streamId, version, recordedAt }: RecordedEvent): boolean => {
    const account = exactly.get(streamId);
    return account ? version <= versionOf(account) : recordedBy === undefined || recordedAt <= recordedBy;
  };
