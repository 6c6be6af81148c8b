import type { AccountId } from '../../domain/account/account-id.ts';
import type { OpenedAccount } from '../../domain/account/account-state.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Change } from '../../projections/projection.ts';
import type { Command } from '../commands/command.ts';
import { type Decision, decideBatch } from '../commit/decide-batch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import type { Known } from '../queries/find-account.ts';
import { type Horizon, horizonAt, isKnown } from './horizon.ts';
import { basisAt } from './past-basis.ts';

/** A command to try, or why what was asked could not become one. */
export type Attempt = Command | DomainError;

/** What became of an attempt, and the account behind it. */
export type DryStep = { readonly account: OpenedAccount } & (
  | { readonly kind: 'accepted'; readonly command: Command; readonly changes: readonly Change[] }
  | { readonly kind: 'rejected'; readonly error: DomainError }
);

export type DryRun = Pick<Horizon, 'decidedAt'> & {
  /** The account before the first attempt. */
  readonly account: OpenedAccount;
  readonly steps: readonly DryStep[];
};

export const isCommand = (attempt: Attempt): attempt is Command => !(attempt instanceof DomainError);

/** Nobody can name an event that is yet to come: it is looked up before anything is decided, as it is for a real reversal. */
export const knownTo =
  (horizon: Horizon) =>
  (attempt: Attempt): Attempt => {
    if (!isCommand(attempt) || attempt.wish.type !== 'ReverseTransaction') return attempt;
    const { original } = attempt.wish;
    return isKnown(horizon)(original) ? attempt : new DomainError('EVENT_NOT_FOUND', { eventId: original.eventId });
  };

const stepOf = (account: OpenedAccount, command: Command, decision: Decision | undefined): DryStep => {
  if (decision?.kind === 'rejected') return { kind: 'rejected', account, error: decision.error };
  const changes = decision?.recordings.flatMap((recording) => recording.changes) ?? [];
  const own = changes.findLast(({ after }) => after.accountId === account.accountId);
  return { kind: 'accepted', account: own?.after ?? account, command, changes };
};

/**
 * What commands about one account would have done at a moment, each decided on what those before it leave behind, by the same rules
 * and on the same facts as if they had been submitted then. Nothing is written. Rejects with EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND,
 * in this order.
 */
export const dryRun =
  (storage: Storage, clock: Clock) =>
  async (accountId: AccountId, known: Known, asked: readonly Attempt[]): Promise<DryRun> => {
    const horizon = await horizonAt(storage, clock, { accountId, known });
    const attempts = asked.map(knownTo(horizon));
    const commands = attempts.filter(isCommand);
    const basis = await basisAt(storage, commands, horizon);
    const decisions = decideBatch(
      commands.map((command) => [command]),
      basis,
    );
    const byCommand = new Map(commands.map((command, index) => [command, decisions[index]]));
    let { account } = horizon;
    const steps = attempts.map((attempt): DryStep => {
      if (!isCommand(attempt)) return { kind: 'rejected', account, error: attempt };
      const step = stepOf(account, attempt, byCommand.get(attempt));
      account = step.account;
      return step;
    });
    return { account: horizon.account, decidedAt: horizon.decidedAt, steps };
  };
