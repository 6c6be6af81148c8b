import { type Check, checkLedger } from './check/check-ledger.ts';
import { drive } from './drive.ts';
import type { LoadPlan } from './load-plan.ts';
import { openAccounts } from './open-accounts.ts';
import { Performer } from './performer.ts';
import type { Progress } from './progress.ts';
import { type Report, reportOf } from './report.ts';

/**
 * Opens accounts, carries the load out, checks the books, and says how it went. The signal ends the load early; the check and
 * the report follow all the same. Rejects with CannotLoad where there was nothing to measure.
 */
export const runLoad = async (plan: LoadPlan, signal: AbortSignal, progress: Progress): Promise<Report> => {
  const performer = new Performer(plan);
  const opening = progress.counting('opening accounts', plan.accounts);
  try {
    await openAccounts(performer, signal, opening.advance);
  } finally {
    opening.stop();
  }
  const cpuBefore = process.cpuUsage();
  const live = progress.live(plan.duration, () => performer.tally.moment());
  const driven = await drive(performer, signal);
  live.stop();
  const { user, system } = process.cpuUsage(cpuBefore);
  const check: Check = await checked(performer, progress);
  return reportOf(performer, driven, check, user + system);
};

const checked = async (performer: Performer, progress: Progress): Promise<Check> => {
  const checking = progress.counting('checking accounts', performer.plan.accounts);
  const check = await checkLedger(performer, checking.advance);
  checking.stop();
  return check;
};
