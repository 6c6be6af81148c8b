import type { NewEvent } from '../../domain/account/account-event.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import { type Money, negate, NO_MONEY } from '../../domain/money/money.ts';
import type { Answer } from '../commands/command.ts';
import type { ProposalRow } from './proposal.ts';

/** From where on money moves only when two principals want it. */
export type ApprovalRule = {
  /** In minor units, by currency: what is more than that needs approval. A currency that is not here never does. */
  readonly above: ReadonlyMap<string, bigint>;
  /** Milliseconds for which a proposal can be approved. */
  readonly keepFor: number;
  /** Words the answer to a command that was proposed. */
  readonly wording: (proposal: ProposalRow) => Answer;
};

/**
 * What these events of one command would book, where that needs approval. It is asked of what was decided, and not of what was wished: no
 * command that books can be left out, and an amount that the wish does not name counts as it is.
 */
export const amountToApprove = (events: readonly NewEvent[], above: ApprovalRule['above']): Money | undefined => {
  for (const event of events) {
    const posting = postingOf(event);
    if (posting === undefined || !('currency' in event.data)) continue;
    const { currency } = event.data;
    const amount = posting < NO_MONEY ? negate(posting) : posting;
    const limit = above.get(currency);
    if (limit !== undefined && amount > limit) return { amount, currency };
  }
  return undefined;
};
