import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { Closing } from '../bench/servers/closing.ts';
import { Stopped, stopRequested } from '../bench/servers/stop-requested.ts';
import { wholeNumber } from '../src/cli/load-options.ts';
import { report, wordsOf } from '../src/terminal.ts';
import { type FaultKind, faultKinds } from './faults/fault.ts';
import { textOf } from './report.ts';
import { run } from './run.ts';

type Options = {
  readonly seconds: number;
  readonly seed?: number;
  readonly faults: readonly FaultKind[];
  readonly clients: number;
  readonly electionTimeout: number;
  readonly keep?: string;
  readonly json?: true;
};

// Beside the time of the faults: to start, to settle and to check.
const OTHER_MINUTES = 20;

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
const ended = async (minutes: number, work: (closing: Closing) => Promise<boolean>): Promise<number> => {
  const closing = new Closing();
  try {
    return (await Promise.race([work(closing), stopRequested(minutes)])) ? 0 : 1;
  } catch (error) {
    report(reasonOf(error));
    return 1;
  } finally {
    await closing.closeAll(report);
  }
};

const torture = ({ json, seed = randomInt(2 ** 32), ...options }: Options): Promise<number> =>
  ended(options.seconds / 60 + OTHER_MINUTES, async (closing) => {
    const result = await run({ ...options, seed, report: timed() }, closing);
    process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : textOf(result)}\n`);
    return result.isSound;
  });

await new Command('torture')
  .description(
    'Runs two API processes on a three-node replica set of its own, lets clients work with them while it injects one fault a second, and ' +
      'then holds the ledger against everything that they were told.',
  )
  .option('--seconds <n>', 'how long faults are injected', wholeNumber(1, 86_400), 120)
  .option('--seed <n>', 'of faults and wishes (default: by chance)', wholeNumber(0, 2 ** 32 - 1))
  .option('--faults <kinds>', `some of ${faultKinds.join(',')}`, faultsIn, faultKinds)
  .option('--clients <n>', 'clients that ask at the same time', wholeNumber(1, 200), 16)
  .option('--election-timeout <ms>', 'how long members wait for a silent primary', wholeNumber(500, 60_000), 2_000)
  .option('--keep <directory>', 'leave the logs of all processes there')
  .option('--json', 'print one JSON document instead of the report')
  .addHelpText('after', '\nExit code: 0 every promise was kept, 1 one was broken, or the run failed.')
  .action(async (options: Options) => process.exit(await torture(options)))
  .parseAsync();
