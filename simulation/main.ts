import { Command, InvalidArgumentError } from 'commander';
import { crashEverywhere } from './crash-everywhere.ts';
import { failureText, jsonOf, Progress, summaryText } from './report.ts';
import { runSeed } from './run-seed.ts';
import { scenarios } from './scenarios.ts';
import { runSeeds, type SeedsRun } from './run-seeds.ts';

type Options = {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly crashes?: true;
  readonly trace?: true;
  readonly json?: true;
};

const SEEDS = 1_000;

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};

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
  return runSeeds(options, progress.tell);
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
  .option('--seeds <count>', 'how many seeds, one after the other', wholeNumber, SEEDS)
  .option('--from <seed>', 'the first of them', wholeNumber, 1)
  .option('--seed <seed>', 'this one alone, twice, to see that it repeats itself', wholeNumber)
  .option('--crashes', 'in place of chance: a crash, and each failure, at every call to the store in turn')
  .option('--trace', 'print everything that happened, with --seed')
  .option('--json', 'print one JSON document')
  .addHelpText('after', '\nExit code: 0 every rule held, 1 one did not: the seed is named, and --seed repeats it.')
  .action(async (options: Options) => process.exit(await simulate(options)))
  .parseAsync();
