import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/load-options.ts';
import { crashEverywhere } from './crash-everywhere.ts';
import { failureText, jsonOf, Progress, summaryText } from './report.ts';
import { runSeed } from './run-seed.ts';
import { scenarios } from './scenarios.ts';
import type { SeedsRun } from './run-seeds.ts';
import { runSideBySide } from './run-side-by-side.ts';

type Options = {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly processes: number;
  readonly crashes?: true;
  readonly trace?: true;
  readonly json?: true;
};

const SEEDS = 1_000;
const MOST = 999_999_999;

/** One seed twice: what happens must be the same to the last detail. */
const repeat = async (seed: number): Promise<SeedsRun> => {
  const begun = performance.now();
  const [first, second] = [await runSeed(seed), await runSeed(seed)];
  const isSame = first.digest === second.digest;
  const result = isSame ? first : { ...first, broken: [...first.broken, 'the same seed has given another course'] };
  return { results: [result], seconds: (performance.now() - begun) / 1_000, digest: first.digest };
};

const runsOf = (options: Options, progress: Progress): Promise<SeedsRun> => {
  if (options.seed !== undefined) return repeat(options.seed);
  if (options.crashes) return crashEverywhere(scenarios, progress.tell);
  return runSideBySide(options, options.processes, progress.tell);
};

const simulate = async (options: Options): Promise<number> => {
  const progress = new Progress((line) => void process.stderr.write(line));
  const run = await runsOf(options, progress);
  const failed = run.results.find(({ broken }) => broken.length > 0);
  if (options.trace) process.stdout.write(`${run.results.flatMap(({ trace }) => trace).join('\n')}\n`);
  if (options.json) process.stdout.write(`${jsonOf(run)}\n`);
  else process.stdout.write(`${failed ? failureText(failed) : summaryText(run)}\n`);
  return failed ? 1 : 0;
};

await new Command('simulate')
  .description(
    'Runs the ledger in memory with time, chance, faults and crashes that follow from a seed, and holds what is left against every rule.',
  )
  .option('--seeds <count>', 'how many seeds', wholeNumber(1, MOST), SEEDS)
  .option('--from <seed>', 'the first of them', wholeNumber(0, MOST), 1)
  .option('--processes <count>', 'how many run seeds side by side', wholeNumber(1, 256), availableParallelism())
  .option('--seed <seed>', 'this one alone, twice, to see that it repeats itself', wholeNumber(0, MOST))
  .option('--crashes', 'in place of chance: a crash, and each failure, at every call to the store in turn')
  .option('--trace', 'print everything that happened, with --seed')
  .option('--json', 'print one JSON document')
  .addHelpText('after', '\nExit code: 0 every rule held, 1 one did not: the seed is named, and --seed repeats it.')
  .action(async (options: Options) => process.exit(await simulate(options)))
  .parseAsync();
