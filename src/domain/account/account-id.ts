import type { Branded } from '../branded.ts';

export type AccountId = Branded<string, 'AccountId'>;

/** The stream of all events of one account: `account-<id>`. */
export type StreamId = Branded<string, 'StreamId'>;

const prefix = 'account-';

export const streamIdOf = (accountId: AccountId): StreamId => `${prefix}${accountId}` as StreamId;

export const accountIdOf = (streamId: StreamId): AccountId => streamId.slice(prefix.length) as AccountId;
