import type { AlteredHistory } from '../../application/what-if/alter-history.ts';
import type { AlteredStep } from '../../application/what-if/altered-replay.ts';
import type { DryRun, DryStep } from '../../application/what-if/dry-run.ts';
import { isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import type { DomainError } from '../../domain/domain-error.ts';
import { accountRowOf } from '../../projections/accounts/accounts.ts';
import { problemByCode, problemOf } from '../problem-details.ts';
import { apiWording } from './answers.ts';
import { presentDifference, presentSight } from './sight.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

export const sightOf = (account: OpenedAccount): Json => presentSight(accountRowOf(account));

const differenceOf = (from: OpenedAccount, to: OpenedAccount): Json =>
  presentDifference(accountRowOf(from), accountRowOf(to));

const presentProblem = ({ code, details }: DomainError, requestId: string): Json => problemOf(code, requestId, details);

/** What a command would have been answered, and the account behind it. */
export const presentTried = (step: DryStep, requestId: string): Json => {
  const account = sightOf(step.account);
  if (step.kind === 'rejected') {
    const { status } = problemByCode[step.error.code];
    return { status, problem: presentProblem(step.error, requestId), account };
  }
  const { status, body } = apiWording(step.command.wish, step.changes);
  return { status, body: JSON.parse(body) as Json, account };
};

export const presentDryRun = ({ account, decidedAt, steps }: DryRun, requestId: string): Json => {
  const after = steps.at(-1)?.account ?? account;
  return {
    accountId: account.accountId,
    currency: account.currency,
    decidedAt: timeOnWire(decidedAt),
    before: sightOf(account),
    results: steps.map((step) => presentTried(step, requestId)),
    after: sightOf(after),
    difference: differenceOf(account, after),
  };
};

const presentAltered = ({ event, outcome, error, real, altered }: AlteredStep, requestId: string): Json => {
  const amount = postingOf(event);
  return {
    eventId: event.eventId,
    version: event.version,
    type: event.type,
    amount: amount === undefined ? undefined : amountOnWire(amount),
    outcome,
    problem: error && presentProblem(error, requestId),
    real: sightOf(real),
    altered: isOpened(altered) ? sightOf(altered) : undefined,
  };
};

export const presentAlteredHistory = ({ steps, real, altered }: AlteredHistory, requestId: string): Json => ({
  accountId: real.accountId,
  currency: real.currency,
  events: steps.map((step) => presentAltered(step, requestId)),
  real: sightOf(real),
  ...(isOpened(altered) && { altered: sightOf(altered), difference: differenceOf(real, altered) }),
});
