import type { Breaches } from '../breaches.ts';
import type { TrialBalanceReading } from '../load/command.ts';
import type { History } from '../load/history.ts';
import type { Effects } from './check-commands.ts';
import { foldOne, nothing } from './fold.ts';

/** What one event moved into the bank, and when it can have come about. */
type Movement = {
  readonly amount: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly recordedAt: string;
  readonly effectiveAt: string;
};

const movementsOf = (history: History, effects: Effects): readonly Movement[] => {
  const records = new Map(history.commands.map((record) => [record.command.key, record]));
  return [...effects].flatMap(([key, events]) => {
    const record = records.get(key);
    // What nobody of these clients asked for was there before they came.
    const { firstSent = -Infinity, acknowledged = record ? Infinity : -Infinity } = record ?? {};
    return events.map((event) => {
      const { recordedAt, effectiveAt } = event;
      const amount = foldOne(nothing, event)?.ledgerBalance ?? 0;
      return { amount, sent: firstSent, acknowledged, recordedAt, effectiveAt };
    });
  });
};

const checkOne = (reading: TrialBalanceReading, movements: readonly Movement[], breaches: Breaches): void => {
  const { by, sent, answered, asOf, knownAt, total } = reading;
  let [least, most] = [0, 0];
  // All are spelt alike, so that their order is that of time.
  const counting = movements.filter(({ recordedAt, effectiveAt }) => recordedAt <= knownAt && effectiveAt <= asOf);
  for (const movement of counting.filter((one) => one.sent <= answered)) {
    const isSure = movement.acknowledged < sent;
    least += isSure ? movement.amount : Math.min(0, movement.amount);
    most += isSure ? movement.amount : Math.max(0, movement.amount);
  }
  if (total >= least && total <= most) return;
  const must = `by what clients were told it must be ${least} to ${most}`;
  breaches.add('bank-total', `${by} said that customers were owed ${total} at ${knownAt}; ${must}`);
};

/** Every trial balance has what had been acknowledged before it was asked for, and nothing that was sent after it was answered. */
export const checkTotals = (history: History, effects: Effects, breaches: Breaches): void => {
  const movements = movementsOf(history, effects);
  for (const reading of history.trialBalances) checkOne(reading, movements, breaches);
};
