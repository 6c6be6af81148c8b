import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { isMet } from '../report/finding.ts';
import { Closing } from '../servers/closing.ts';
import { Stopped, stopRequested } from '../servers/stop-requested.ts';
import { moments } from './moments.ts';
import { rebuild } from './rebuild.ts';
import { openStage, type Stage } from './stage.ts';
import { type Verdict, verdictLine } from './verdict.ts';
import { verify } from './verify.ts';

const LONGEST_RUN_MINUTES = 60;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

const reasonOf = (error: unknown): string => {
  if (error instanceof Stopped) return `Stopped by ${error.message}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

type Check = (stage: Stage) => Promise<readonly Verdict[]>;

/** Runs one check, with a mongod of its own that is ended whatever happens. */
const run = async (check: Check, keptIn: string | undefined): Promise<number> => {
  const closing = new Closing();
  const staged = async (): Promise<readonly Verdict[]> =>
    check(await openStage(closing, report, keptIn === undefined ? undefined : resolve(keptIn)));
  try {
    const verdicts = await Promise.race([staged(), stopRequested(LONGEST_RUN_MINUTES)]);
    console.log(verdicts.map(verdictLine).join('\n'));
    return verdicts.some((verdict) => isMet(verdict as never) === false) ? 1 : 0;
  } catch (error) {
    report(reasonOf(error));
    return 1;
  } finally {
    await closing.closeAll(report);
  }
};

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number is due');
  return value;
};

type Options = { readonly keep?: string; readonly events: number; readonly requests: number };

const program = new Command('scale')
  .description('Fills a ledger with a long past, and holds what is done with it against limits of time and memory.')
  .addHelpText('after', '\nExit code: 0 every target was met, 1 one was missed, or the run failed.');

const subcommand = (name: string, about: string): Command =>
  program
    .command(name)
    .description(about)
    .option('--keep <directory>', 'keep the filled databases there, and use those that are there already')
    .option('--events <count>', 'how long the past is', count, 1_000_000);

subcommand('moments', 'asks long accounts for random moments of their past')
  .option('--requests <count>', 'of each kind, of each account', count, 1_000)
  .action(async ({ keep, events, requests }: Options) =>
    process.exit(await run((stage) => moments(stage, { events, requests }), keep)),
  );

subcommand('rebuild', 'rebuilds the read models of a long past while the API serves').action(
  async ({ keep, events }: Options) => process.exit(await run((stage) => rebuild(stage, { events }), keep)),
);

subcommand('verify', 'has a long past sealed, and verifies all of it').action(async ({ keep, events }: Options) =>
  process.exit(await run((stage) => verify(stage, { events }), keep)),
);

await program.parseAsync();
