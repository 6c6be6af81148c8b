import { randomBytes, randomInt } from 'node:crypto';
import { Command, CommanderError, Option } from 'commander';
import { CannotLoad } from '../load/load-plan.ts';
import { progressOn } from '../load/progress.ts';
import { reportText } from '../load/report-text.ts';
import { runLoad } from '../load/run-load.ts';
import { fail, report } from '../terminal.ts';
import {
  address,
  currency,
  DEFAULT_WORKERS,
  duration,
  type Options,
  planOf,
  rate,
  ratio,
  wholeNumber,
} from './load-options.ts';

const UNUSABLE = 2;
const INTERRUPTED = 130;

// npm passes Ctrl-C on to a script that has had it from the terminal already: the second of two so close is no second wish.
const ECHO_MS = 500;

// Of a terminal that does not say how wide it is.
const USUAL_COLUMNS = 80;

const LARGEST_DEPOSIT = 1_000_000_000_000;

const stop = new AbortController();

/** The first signal ends the load and goes on to the check; the next one gives everything up. */
const stopOnSignal = (): void => {
  let first = 0;
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      first = performance.now();
      report('\nEnding the load; the check and the report follow. Once more gives up.');
      stop.abort();
    } else if (performance.now() - first > ECHO_MS) process.exit(INTERRUPTED);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
};

const load = async (options: Options): Promise<number> => {
  const runId = randomBytes(6).toString('hex');
  const plan = planOf(options, { runId, seed: randomInt(2 ** 32) });
  report(`Run ${runId} against ${plan.url.href}, seed ${plan.seed}.`);
  stopOnSignal();
  const { stderr } = process;
  const progress = progressOn({
    isTerminal: stderr.isTTY,
    columns: stderr.columns || USUAL_COLUMNS,
    write: (text) => void stderr.write(text),
  });
  const result = await runLoad(plan, stop.signal, progress);
  console.log(options.json ? JSON.stringify(result, undefined, 2) : reportText(result));
  return result.isSound ? 0 : 1;
};

const program = new Command('load')
  .description(
    'Plays many users against a running Daybook, then reads every account back and holds the ledger against the answers that ' +
      'its users got. It opens accounts of its own and touches no others.',
  )
  .option(
    '--url <address>',
    'where the API is; with a path where it has one',
    address,
    address('http://127.0.0.1:3000'),
  )
  .option('--api-key <key>', 'sent as Authorization: Bearer <key>')
  .addOption(new Option('--duration <time>', 'how long: 30s, 2m, 1h').argParser(duration).default(30_000, '30s'))
  .addOption(
    new Option(
      '--workers <n>',
      `closed loop: n connections, each asks again when it is answered (default: ${DEFAULT_WORKERS})`,
    )
      .argParser(wholeNumber(1, 500))
      .conflicts('rate'),
  )
  .option('--rate <n>', 'open loop: n requests a second, answered or not; latencies run from when one was due', rate)
  .option('--accounts <n>', 'accounts to open', wholeNumber(1, 10_000_000), 1_000)
  .option('--hot-account-ratio <share>', 'share of the accounts that are hot', ratio, 0.01)
  .option('--hot-selection-rate <share>', 'share of the selections that go to a hot one', ratio, 0.2)
  .option('--read-ratio <share>', 'share of the requests that read a balance', ratio, 0.2)
  .option('--transfer-ratio <share>', 'share of the other requests that are transfers', ratio, 0.5)
  .option('--initial-deposit <amount>', 'into each account, in minor units', wholeNumber(0, LARGEST_DEPOSIT), 1_000_000)
  .option('--currency <code>', 'of all accounts', currency, 'EUR')
  .option('--seed <n>', 'makes the sequence of wishes repeatable (default: by chance)', wholeNumber(0, 2 ** 32 - 1))
  .addOption(new Option('--timeout <time>', 'how long one answer may take').argParser(duration).default(15_000, '15s'))
  .addOption(
    new Option('--retry-for <time>', 'how long a command is sent again, under its key, until its outcome is known')
      .argParser(duration)
      .default(30_000, '30s'),
  )
  .option('--json', 'print one JSON document instead')
  .addHelpText(
    'after',
    `
Amounts are drawn from 1 to 1,000 minor units. Ctrl-C ends the load early; a second Ctrl-C skips the check too.
It remembers 33 bytes of each command for the check: 10 million commands take 330 MB.

Examples:
  npm run load                                                  32 connections for 30 seconds
  npm run load -- --rate 500 --duration 2m                      users who do not wait for each other
  npm run load -- --hot-account-ratio 0.001 --hot-selection-rate 1 --read-ratio 0    everyone wants the same account
  npm run load -- --url https://ledger.example.com --api-key "$KEY" --json > report.json

Exit code: 0 the books are right, 1 they are not or nothing succeeded, 2 wrong options or no Daybook to be reached, 130 given up.`,
  )
  .exitOverride()
  .action((options: Options) => load(options).then((code) => process.exit(code)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : UNUSABLE);
  if (!(error instanceof CannotLoad)) fail(error);
  report((error as CannotLoad).message);
  process.exit(stop.signal.aborted ? INTERRUPTED : UNUSABLE);
}
