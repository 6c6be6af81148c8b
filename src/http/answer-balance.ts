import type { Clock } from '../application/ports/clock.ts';
import type { Moment } from '../application/queries/find-account.ts';
import type { Queries } from '../application/queries/queries.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import { instant, latest } from '../domain/time/instant.ts';
import type { StreamProof } from '../journal/stream-proof.ts';
import { presentBalance } from './presenters/account.ts';
import { presentStreamProof } from './presenters/journal.ts';
import { type Json, timeOnWire } from './presenters/wire.ts';

/** A balance as the API answers it, and the moment that was meant with nothing left out: whenever that is asked, it is the same. */
export type BalanceAnswer = { readonly answer: Json; readonly version: number; readonly asked: Moment };

/** Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, in this order. */
export const answerBalance = async (
  { queries, clock }: { readonly queries: Pick<Queries, 'findAccount'>; readonly clock: Clock },
  accountId: AccountId,
  moment: Moment,
): Promise<BalanceAnswer> => {
  const now = clock.now();
  const row = await queries.findAccount(accountId, moment);
  const updatedAt = instant(row.updatedAt.getTime());
  // What was recorded meanwhile, or by another process whose clock is ahead, is known by a moment that is not before it.
  const recorded = moment.version === undefined ? latest(now, updatedAt) : updatedAt;
  const { asOf = recorded, knownAt = recorded, version } = moment;
  return {
    answer: presentBalance(row, { asOf, knownAt }),
    version: row.version,
    asked: version === undefined ? { asOf, knownAt } : { version },
  };
};

/** The answer, with what it takes to check it. */
export const balanceProofOf = (accountId: AccountId, { asked, answer }: BalanceAnswer, proof: StreamProof): Json => ({
  asked: {
    accountId,
    asOf: asked.asOf === undefined ? undefined : timeOnWire(asked.asOf),
    knownAt: asked.knownAt === undefined ? undefined : timeOnWire(asked.knownAt),
    version: asked.version,
  },
  balance: answer,
  proof: presentStreamProof(proof),
});
