import type { Branded } from '../branded.ts';

export type AccountId = Branded<string, 'AccountId'>;

/** What every id that comes from outside looks like: of an account, an owner, a transfer, a transaction. */
export const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The stream of all events of one account: `account-<id>`. */
export type StreamId = Branded<string, 'StreamId'>;

const prefix = 'account-';

export const streamIdOf = (accountId: AccountId): StreamId => `${prefix}${accountId}` as StreamId;

export const accountIdOf = (streamId: StreamId): AccountId => streamId.slice(prefix.length) as AccountId;
