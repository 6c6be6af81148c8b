import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { jsonOf, textOf } from './report/report.ts';
import { run } from './run.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { Closing } from './servers/closing.ts';
import { Stopped, stopRequested } from './servers/stop-requested.ts';

type Options = {
  readonly scenario?: readonly string[];
  readonly long?: true;
  readonly quick?: true;
  readonly json?: true;
  readonly profile?: string;
};

const FULL = { rounds: 3, seconds: 4, warmUpSeconds: 1.5 };
const QUICK = { rounds: 2, seconds: 1.5, warmUpSeconds: 0.5 };

// Several times what a run takes on a slow machine.
const LONGEST_RUN_MINUTES = 60;
const LONGEST_LONG_RUN_MINUTES = 180;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

const reasonOf = (error: unknown): string => {
  if (error instanceof Stopped) return `Stopped by ${error.message}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

const isLeftOut = ({ length }: Scenario, { quick, long }: Options): boolean =>
  (length === 'long' && quick === true && !long) || (length === 'very long' && !long);

const chosenBy = (options: Options): readonly Scenario[] =>
  scenarios.filter((one) => options.scenario?.includes(one.name) ?? !isLeftOut(one, options));

const bench = async (given: Options): Promise<number> => {
  const { quick, json, profile } = given;
  const chosen = chosenBy(given);
  const longest = chosen.some(({ length }) => length === 'very long') ? LONGEST_LONG_RUN_MINUTES : LONGEST_RUN_MINUTES;
  const profiles = profile === undefined ? undefined : resolve(profile);
  const options = { scenarios: chosen, timing: quick ? QUICK : FULL, profiles, report };
  const closing = new Closing();
  try {
    const result = await Promise.race([run(options, closing), stopRequested(longest)]);
    process.stdout.write(`${json ? jsonOf(result) : textOf(result)}\n`);
    // How fast it was is for the reader to judge. That money is missing is not.
    return result.losses.length === 0 ? 0 : 1;
  } catch (error) {
    report(reasonOf(error));
    return 1;
  } finally {
    await closing.closeAll(report);
  }
};

const names = scenarios.map(({ name }) => name);
const widest = Math.max(...names.map((name) => name.length));

const remarks = { short: '', long: ' (not with --quick)', 'very long': ' (only with --long)' } as const;

const catalogue = scenarios
  .map(({ name, about, length }) => `  ${name.padEnd(widest)}  ${about}${remarks[length ?? 'short']}`)
  .join('\n');

await new Command('bench')
  .description(
    'Measures the ledger over HTTP beside its baselines, with a MongoDB and API processes of its own, and removes all of it at the end.',
  )
  .addOption(new Option('--scenario <name...>', 'only these').choices(names))
  .option('--long', 'also the scenarios that are otherwise left out, because they first fill the store for minutes')
  .option('--quick', `${QUICK.rounds} rounds of ${QUICK.seconds} s instead of ${FULL.rounds} of ${FULL.seconds} s`)
  .option('--json', 'print one JSON document instead of the tables')
  .option('--profile <directory>', 'leave a CPU profile of each API process and each baseline there')
  .addHelpText('after', `\nScenarios:\n${catalogue}`)
  .addHelpText('after', '\nExit code: 0 measured, 1 stopped, failed, or a command was lost or doubled.')
  .action(async (options: Options) => process.exit(await bench(options)))
  .parseAsync();
