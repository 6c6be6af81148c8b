import { availableBalance, isOpened } from '../../domain/account/account-state.ts';
import { NO_MONEY } from '../../domain/money/money.ts';
import type { Change } from '../../projections/projection.ts';
import type { Finding } from '../ports/finding.ts';

/**
 * Whether an event took from its account what that did not have. No rule says yes to that: a capture takes what its hold has reserved, a
 * reversal needs funds as a withdrawal does, and no limit is lowered below what is in use. What comes in on an account that is below
 * already is not to blame.
 */
export const limitFindings = ({ event, before, after }: Change): readonly Finding[] => {
  const available = availableBalance(after);
  const least = isOpened(before) ? availableBalance(before) : NO_MONEY;
  if (available >= NO_MONEY || available >= least) return [];
  const { streamId, version, eventId } = event;
  const words = { expected: 'available balance 0 or more', found: `available balance ${available}` };
  const problem = 'leaves the account below its limit';
  return [{ collection: 'events', at: { streamId, version, eventId }, problem, ...words }];
};
