import { cp } from 'node:fs/promises';
import type { Closing } from '../bench/servers/closing.ts';
import { randomAt } from '../src/load/random.ts';
import { checkCommands, effectsOf, totalOf } from './check/check-commands.ts';
import { OrderCheck } from './check/check-order.ts';
import { checkStreams } from './check/check-streams.ts';
import { checkTotals } from './check/check-totals.ts';
import { readAccounts } from './check/streams.ts';
import { checkJournal, countOf } from './check/verify-command.ts';
import type { CommandRecord } from './load/command.ts';
import { Door } from './load/door.ts';
import { forEachAtOnce } from './load/for-each-at-once.ts';
import { openBank } from './load/open-bank.ts';
import type { Ordeal } from './ordeals/ordeal.ts';
import { type Report, reportOf } from './report.ts';
import { Play, type RunOptions } from './play.ts';
import { openStage } from './stage.ts';

const PROGRESS_MS = 5_000;
const ASKING_MS = 90_000;
const AT_ONCE = 16;

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const showProgress = ({ history, totals, breaches, options, faultCounts }: Play): NodeJS.Timeout =>
  setInterval(() => {
    const { snapshots, trialBalances, failed } = totals.counts;
    const readings = `${snapshots} snapshots, ${trialBalances} trial balances, ${failed} failed`;
    const work = `${history.acknowledged} acknowledged of ${history.commands.length}`;
    options.report(`-- ${sumOf(faultCounts)} faults; ${work}; totals: ${readings}; ${breaches.count} breaches`);
  }, PROGRESS_MS);

/** Gives how long it took, in seconds. */
const torment = async (play: Play, ordeal: Ordeal): Promise<number> => {
  const progress = showProgress(play);
  const begun = performance.now();
  play.totals.start();
  try {
    await ordeal(play);
    const seconds = Math.round((performance.now() - begun) / 1_000);
    await play.totals.stop();
    return seconds;
  } finally {
    clearInterval(progress);
  }
};

/** Asks under their keys what became of the commands that nobody knows of; then, under every key, for its answer again. */
const settleAll = async ({ history, sender, options, breaches }: Play): Promise<void> => {
  const deadline = performance.now() + ASKING_MS;
  const random = randomAt(options.seed + 3, 0);
  await forEachAtOnce(history.unsettled, AT_ONCE, (record) => sender.ask(record, random, deadline));
  const again = async (record: CommandRecord): Promise<void> => {
    const { kind } = await sender.attempt(record, sender.anyDoor(random));
    if (kind !== 'done')
      breaches.add('different-answers', `${record.command.key} was done, and is answered otherwise now`);
  };
  const done = history.commands.filter(({ acknowledged }) => acknowledged !== undefined);
  options.report(`Asking under ${done.length} keys for their answers again.`);
  await forEachAtOnce(done, AT_ONCE, again);
};

const checkAll = async (play: Play): Promise<number> => {
  const { stage, history, breaches, door, bank, totals, options } = play;
  options.report('Checking what the ledger has against what its clients heard.');
  const accounts = await readAccounts(door);
  const events = countOf(accounts);
  const effects = effectsOf(accounts);
  checkCommands(history.commands, effects, breaches);
  new OrderCheck(checkStreams(accounts, breaches), breaches).check(history, effects);
  const closed = totalOf(accounts, 'closed');
  if (closed !== bank.initialTotal('closed'))
    breaches.add('bank-total', `the closed accounts hold ${closed} at the end`);
  const open = totalOf(accounts, 'open');
  const must = bank.initialTotal('open') + history.net;
  if (open !== must) breaches.add('bank-total', `the open accounts hold ${open} at the end instead of ${must}`);
  if (!(await totals.readTrialBalance())) breaches.add('trial-balance', 'it cannot be read when all is quiet');
  checkTotals(history, effects, breaches);
  await checkJournal(stage.set, door, events, breaches);
  return events;
};

const keepLogs = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, filter: (file) => file === from || file.endsWith('.log') });

/** Starts everything, torments it, and holds it against what clients were told; leaves with `closing` how all of it is ended. */
export const run = async (options: RunOptions, ordeal: Ordeal, closing: Closing): Promise<Report> => {
  const stage = await openStage(options, closing);
  const doors = stage.apis.map((api) => new Door(api));
  await closing.open(
    () => Promise.resolve(doors),
    (opened) => {
      for (const door of opened) door.close();
      return Promise.resolve();
    },
  );
  const play = new Play(stage, doors, options);
  await openBank(play.bank, play.door);
  const seconds = await torment(play, ordeal);
  await settleAll(play);
  const events = await checkAll(play);
  for (const api of stage.apis) {
    for (const said of api.ownEnds) play.breaches.add('process-ended', `${api.name} ended by itself: ${said}`);
  }
  for (const time of play.recovery.tooLong) {
    play.breaches.add(
      'slow-recovery',
      `after "${time.fault}" nothing was written for ${Math.round(time.milliseconds)} ms`,
    );
  }
  if (options.keep !== undefined) await keepLogs(stage.set.directory, options.keep);
  return reportOf(play, { seconds, events });
};
