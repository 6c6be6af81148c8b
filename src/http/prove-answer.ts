import type { Known } from '../application/queries/find-account.ts';
import { type AccountId, streamIdOf } from '../domain/account/account-id.ts';
import type { Beginning } from '../journal/prove-stream.ts';

/** The events that an answer rests on. What was asked about as it is now ends where the account ends, and nothing is behind it. */
export const beginningOf = (accountId: AccountId, version: number, asked: Known): Beginning => {
  const { knownAt } = asked;
  const isBounded = knownAt !== undefined || asked.version !== undefined;
  const bound = knownAt === undefined ? {} : { knownAt };
  return { streamId: streamIdOf(accountId), version, bound: isBounded ? bound : undefined };
};
