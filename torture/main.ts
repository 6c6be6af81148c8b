import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { Closing } from '../bench/servers/closing.ts';
import { Stopped, stopRequested } from '../bench/servers/stop-requested.ts';
import { wholeNumber } from '../src/cli/load-options.ts';
import { report, wordsOf } from '../src/terminal.ts';
import { type FaultKind, faultKinds } from './faults/fault.ts';
import { duplicates } from './ordeals/duplicates.ts';
import { faultsFor } from './ordeals/faults.ts';
import { lostReplies } from './ordeals/lost-replies.ts';
import type { Ordeal } from './ordeals/ordeal.ts';
import { textOf } from './report.ts';
import { run } from './run.ts';

type Common = {
  readonly seed?: number;
  readonly clients: number;
  readonly electionTimeout: number;
  readonly keep?: string;
  readonly json?: true;
};

type FaultOptions = Common & { readonly seconds: number; readonly faults: readonly FaultKind[] };
type LostReplyOptions = Common & { readonly count: number };
type DuplicateOptions = Common & { readonly keys: number; readonly copies: number };

// Several times what a run takes on a slow machine.
const LONGEST_RUN_MINUTES = 60;

const faultsIn = (text: string): readonly FaultKind[] =>
  text.split(',').map((name) => {
    const kind = faultKinds.find((one) => one === name.trim());
    if (!kind) throw new InvalidArgumentError(`Give some of ${faultKinds.join(', ')}.`);
    return kind;
  });

const timed = (): ((line: string) => void) => {
  const begun = performance.now();
  return (line) => report(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)}  ${line}`);
};

const reasonOf = (error: unknown): string =>
  error instanceof Stopped
    ? `Stopped by ${error.message}.`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : wordsOf(error);

/** The exit code. */
const torture = async ({ json, seed = randomInt(2 ** 32), ...common }: Common, ordeal: Ordeal, seconds = 0) => {
  const closing = new Closing();
  const say = timed();
  let isOver = false;
  // Clients of a run that is being ended have nothing to tell any more.
  const sayMeanwhile = (line: string): void => {
    if (!isOver) say(line);
  };
  const running = run({ ...common, seed, report: sayMeanwhile }, ordeal, closing);
  try {
    const result = await Promise.race([running, stopRequested(LONGEST_RUN_MINUTES + seconds / 60)]);
    process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : textOf(result)}\n`);
    return result.isSound ? 0 : 1;
  } catch (error) {
    report(reasonOf(error));
    return 1;
  } finally {
    isOver = true;
    await closing.closeAll(report);
  }
};

const withCommon = (command: Command): Command =>
  command
    .option('--seed <n>', 'of faults and wishes (default: by chance)', wholeNumber(0, 2 ** 32 - 1))
    .option('--clients <n>', 'clients that ask at the same time', wholeNumber(1, 500), 48)
    .option('--election-timeout <ms>', 'how long members wait for a silent primary', wholeNumber(500, 60_000), 2_000)
    .option('--keep <directory>', 'leave the logs of all processes there')
    .option('--json', 'print one JSON document instead of the report');

const faults = withCommon(new Command('faults'))
  .description('One fault a second, while clients work with the ledger.')
  .option('--seconds <n>', 'how long faults are injected', wholeNumber(1, 86_400), 120)
  .option('--faults <kinds>', `some of ${faultKinds.join(',')}`, faultsIn, faultKinds)
  .action(async ({ seconds, faults: kinds, ...common }: FaultOptions) =>
    process.exit(await torture(common, faultsFor(seconds, kinds), seconds)),
  );

const lost = withCommon(new Command('lost-replies'))
  .description('The replies to commits are lost on their way to the API, and nothing else.')
  .option('--count <n>', 'replies to lose', wholeNumber(1, 10_000_000), 10_000)
  .action(async ({ count, ...common }: LostReplyOptions) => process.exit(await torture(common, lostReplies(count))));

const copied = withCommon(new Command('duplicates'))
  .description('Every request several times at once, under one key, at both API processes.')
  .option('--keys <n>', 'requests', wholeNumber(1, 10_000_000), 10_000)
  .option('--copies <n>', 'of each request at once', wholeNumber(2, 100), 8)
  .action(async ({ keys, copies, ...common }: DuplicateOptions) =>
    process.exit(await torture(common, duplicates(keys, copies))),
  );

await new Command('torture')
  .description(
    'Runs two API processes on a three-node replica set of its own, does its worst to them while clients work with them, and then holds ' +
      'the ledger against everything that these were told.',
  )
  .addCommand(faults, { isDefault: true })
  .addCommand(lost)
  .addCommand(copied)
  .addHelpText('after', '\nExit code: 0 every promise was kept, 1 one was broken, or the run failed.')
  .parseAsync();
