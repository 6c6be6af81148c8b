import { createInterface } from 'node:readline/promises';
import { Command, Option } from 'commander';
import type { Storage } from '../application/ports/storage.ts';
import type { Moment } from '../application/queries/find-account.ts';
import type { Until } from '../application/replay/account-history.ts';
import type { Difference } from '../application/replay/differences.ts';
import { replayAccount, type ReplayStep } from '../application/replay/replay-account.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import { availableBalance } from '../domain/account/account-state.ts';
import type { Instant } from '../domain/time/instant.ts';
import { report } from '../terminal.ts';
import { compareReadModels } from './compare-read-models.ts';
import { differenceLines } from './difference-text.ts';
import { moment, time, version } from './moment-option.ts';
import { decimal } from './money-text.ts';
import { showDiff, showMoment, showWhatIf } from './replay-moments.ts';
import { runScript, toJson } from './script.ts';
import { isTerminal, showView } from './view/show-view.ts';

type Options = {
  readonly account: string;
  readonly at?: Instant;
  readonly knownAt?: Instant;
  readonly asOf?: Instant;
  readonly version?: number;
  readonly diff?: Moment;
  readonly whatIf?: string;
  readonly interactive?: true;
  readonly followEachStep?: true;
  readonly json?: true;
};

const program = new Command('replay')
  .description('Folds an account from its events, shows each step, and says whether the read models agree.')
  .requiredOption('--account <id>', 'the account')
  .option('--at <time>', 'stop at what had been recorded by then, such as 2026-03-15T14:47:00Z', time)
  .option('--known-at <time>', 'the same', time)
  .option('--version <n>', 'stop after the n-th event', version)
  .option('--as-of <time>', 'instead: the account at this value date, and the events behind its balance', time)
  .option(
    '--diff <moment>',
    'instead: what lies between version:3, asOf:<time> or knownAt:<time> and the others',
    moment,
  )
  .option('--what-if <file>', 'instead: what would have become of it; JSON as for POST …/what-if')
  .addOption(
    new Option('-i, --interactive', 'step back and forth through it on the whole terminal; ? there says how').conflicts(
      ['diff', 'whatIf', 'followEachStep', 'json'],
    ),
  )
  .option('--follow-each-step', 'show the whole account after each event; on a terminal, Enter goes on')
  .option('--json', 'print one JSON document instead')
  .addHelpText('after', '\nExit code: 0 the read models agree, 1 they do not, or there is no such account or moment.')
  .action((options: Options) => runScript('npm run replay', (storage) => answer(storage, options)));

const lineOf = (step: ReplayStep): string => {
  const { currency } = step.account;
  const amount = step.amount === undefined ? '' : decimal(step.amount, currency);
  return [
    step.version.toString().padStart(7),
    step.recordedAt.toISOString(),
    step.type.padEnd(21),
    amount.padStart(16),
    decimal(step.balanceBefore, currency).padStart(18),
    decimal(step.balanceAfter, currency).padStart(18),
    step.actor.padEnd(10),
    step.correlationId,
  ].join('  ');
};

const HEAD = [
  'version',
  'recorded                ',
  'event                ',
  '          amount',
  '            before',
  '             after',
  'actor     ',
  'correlation id',
].join('  ');

const detailsOf = ({ account, effectiveAt, eventId, data }: ReplayStep): string => {
  const { status, currency, heldAmount, overdraftLimit } = account;
  const amounts = `held ${decimal(heldAmount, currency)}, overdraft limit ${decimal(overdraftLimit, currency)}, available ${decimal(availableBalance(account), currency)}`;
  return `         effective ${effectiveAt.toISOString()}, event ${eventId}\n         ${status}, ${amounts}\n         ${toJson(data).replaceAll(/\n\s*/g, ' ')}`;
};

const pause = async (): Promise<void> => {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  await prompt.question('');
  prompt.close();
};

const showSteps = async (steps: AsyncIterable<ReplayStep>, options: Options): Promise<ReplayStep | undefined> => {
  let last: ReplayStep | undefined;
  for await (const step of steps) {
    if (!last) console.log(HEAD);
    console.log(lineOf(step));
    if (options.followEachStep) {
      console.log(detailsOf(step));
      await pause();
    }
    last = step;
  }
  return last;
};

const momentOf = ({ asOf, version, at, knownAt = at }: Options): Moment => ({
  ...(asOf !== undefined && { asOf }),
  ...(knownAt !== undefined && { knownAt }),
  ...(version !== undefined && { version }),
});

const untilOf = ({ version, knownAt }: Moment): Until => ({
  ...(version !== undefined && { version }),
  ...(knownAt !== undefined && { recordedAt: knownAt }),
});

const collectSteps = async (steps: AsyncIterable<ReplayStep>): Promise<readonly ReplayStep[]> => {
  const collected: ReplayStep[] = [];
  for await (const step of steps) collected.push(step);
  return collected;
};

const showVerdict = (
  accountId: AccountId,
  { version, account }: ReplayStep,
  differences: readonly Difference[],
): void => {
  const balance = `${decimal(account.ledgerBalance, account.currency)} ${account.currency}`;
  console.log(`\n${accountId} at version ${version}: ${account.status}, ${balance}`);
  if (differences.length === 0) console.log('The read models agree with the events.');
  else {
    console.log('The read models do NOT agree with the events:');
    for (const line of differences.flatMap(differenceLines)) console.log(`  ${line}`);
    console.log(`Mend them with: npm run rebuild -- --account ${accountId} --switch`);
  }
};

const isReached = (last: ReplayStep, { version = 0 }: Options): boolean => last.version >= version;

const notThere = (last: ReplayStep | undefined, { account, version }: Options): string =>
  last
    ? `Account ${account} had not reached version ${version}: its last one is ${last.version}.`
    : `There is no account ${account}, or it had no events by then.`;

const hintAtView = ({ json }: Options): void => {
  if (isTerminal() && !json) report('With --interactive you can step back and forth through it.');
};

const replay = async (storage: Storage, options: Options): Promise<number> => {
  const accountId = options.account as AccountId;
  const steps = replayAccount(storage, accountId, untilOf(momentOf(options)));
  const collected = options.json ? await collectSteps(steps) : [];
  const last = options.json ? collected.at(-1) : await showSteps(steps, options);
  if (!last || !isReached(last, options)) {
    report(notThere(last, options));
    return 1;
  }
  const differences = await compareReadModels(storage, accountId);
  const agree = differences.length === 0;
  if (options.json) {
    console.log(toJson({ accountId, steps: collected, account: last.account, readModels: { agree, differences } }));
  } else showVerdict(accountId, last, differences);
  hintAtView(options);
  return agree ? 0 : 1;
};

const answer = (storage: Storage, options: Options): Promise<number> => {
  const accountId = options.account as AccountId;
  const asked = { accountId, moment: momentOf(options), json: options.json === true };
  if (options.whatIf !== undefined) return showWhatIf(storage, asked, options.whatIf);
  if (options.diff !== undefined) return showDiff(storage, asked, options.diff);
  if (options.interactive && isTerminal()) return showView(storage, accountId, asked.moment);
  if (options.interactive) report('This is no terminal that a view can be shown on, so here is the list.');
  return options.asOf === undefined ? replay(storage, options) : showMoment(storage, asked);
};

await program.parseAsync();
