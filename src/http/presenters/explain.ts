import type { Wish } from '../../application/commands/command.ts';
import type { ExplainedEvent, Explanation } from '../../application/queries/explain-balance.ts';
import type { Moment } from '../../application/queries/find-account.ts';
import type { DryRun } from '../../application/what-if/dry-run.ts';
import { LARGEST_AMOUNT } from '../../domain/money/money.ts';
import { type ProblemCode, problemByCode } from '../problem-details.ts';
import { presentSight } from './sight.ts';
import { presentTried, sightOf } from './what-if.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

const presentEvent = ({ eventId, version, type, amount, recordedAt, effectiveAt }: ExplainedEvent): Json => ({
  eventId,
  version,
  type,
  amount: amount === undefined ? undefined : amountOnWire(amount),
  recordedAt: timeOnWire(recordedAt),
  effectiveAt: timeOnWire(effectiveAt),
});

export const presentExplanation = (
  { view: { row, termsVersion }, start, events }: Explanation,
  moment: Moment,
  nextCursor: string | undefined,
): Json => ({
  accountId: row._id,
  currency: row.currency,
  account: presentSight(row, moment),
  availableBalance: {
    rule: 'ledgerBalance - heldAmount + overdraftLimit',
    ledgerBalance: amountOnWire(row.ledgerBalance),
    heldAmount: amountOnWire(row.heldAmount),
    overdraftLimit: amountOnWire(row.overdraftLimit),
    termsVersion,
  },
  start: { ...start, ledgerBalance: amountOnWire(start.ledgerBalance) },
  events: events.map(presentEvent),
  nextCursor,
});

/** Those in front of the one that said no were asked, and passed. */
const presentRules = (rules: readonly ProblemCode[], refused: ProblemCode | undefined): readonly Json[] => {
  const place = refused === undefined ? rules.length : rules.indexOf(refused);
  return rules.map((code, index) => {
    const asked = index < place ? 'passed' : 'rejected';
    return { code, title: problemByCode[code].title, verdict: index > place ? 'not_reached' : asked };
  });
};

const amountIn = (wish: Wish): bigint | undefined => {
  if ('money' in wish) return wish.money.amount;
  return wish.type === 'ReverseTransaction' || wish.type === 'CaptureHold' ? wish.amount : undefined;
};

const timeIn = (wish: Wish): string | undefined => ('effectiveAt' in wish ? timeOnWire(wish.effectiveAt) : undefined);

/** What the rules said to the one command of a dry run, or to its absence where it could not be asked. */
export const presentJudgement = (
  { account, decidedAt, steps: [step] }: DryRun,
  rules: readonly ProblemCode[],
  { wish, requestId }: { readonly wish: Wish | undefined; readonly requestId: string },
): Json => {
  if (!step) throw new Error('nothing was tried');
  const refused = step.kind === 'rejected' ? step.error.code : undefined;
  const amount = wish && amountIn(wish);
  return {
    accountId: account.accountId,
    currency: account.currency,
    decidedAt: timeOnWire(decidedAt),
    verdict: step.kind,
    code: refused,
    rules: presentRules(rules, refused),
    numbers: {
      amount: amount === undefined ? undefined : amountOnWire(amount),
      effectiveAt: wish && timeIn(wish),
      openedAt: timeOnWire(account.openedAt),
      account: sightOf(account),
      largestBalance: amountOnWire(LARGEST_AMOUNT),
    },
    result: presentTried(step, requestId),
  };
};
