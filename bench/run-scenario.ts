import { addBooks, type Books, emptyBooks } from './client/books.ts';
import type { Load, LoadResult } from './client/load.ts';
import type { LoadGenerator } from './client/load-generator.ts';
import type { Costs, Measurement, Round } from './measurement.ts';
import { percentile } from './report/figures.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { findLosses, openAccounts, type OpenedAccounts } from './servers/accounts.ts';
import type { ApiServer } from './servers/api-server.ts';
import { cpuTimeOf } from './servers/cpu-time.ts';
import type { Database } from './servers/database.ts';

export type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpSeconds: number };

export type Stage = {
  readonly database: Database;
  readonly server: (name: string) => ApiServer;
  /** One for the load, one for what goes on meanwhile. */
  readonly generators: readonly [LoadGenerator, LoadGenerator];
  readonly timing: Timing;
  readonly report: (line: string) => void;
};

/** A scenario on one server: its accounts, and what must be on them by now. */
type Trial = {
  readonly server: ApiServer;
  readonly opened: OpenedAccounts;
  readonly books: Books;
  readonly load: Round[];
  readonly meanwhile: Round[];
};

export type ScenarioResult = {
  /** Of the load, in the order of the scenario's servers. */
  readonly load: readonly Measurement[];
  readonly meanwhile: readonly Measurement[];
  /** A sentence for each account on which a command was lost or carried out twice. */
  readonly losses: readonly string[];
};

const noCosts: Costs = { api: undefined, mongod: undefined, transactions: undefined };

const costsSoFar = async ({ database }: Stage, { pid }: ApiServer): Promise<Costs> => ({
  api: await cpuTimeOf(pid),
  mongod: await cpuTimeOf(database.pid),
  transactions: await database.committedTransactions(),
});

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before;

const costsBetween = (before: Costs, after: Costs): Costs => ({
  api: difference(after.api, before.api),
  mongod: difference(after.mongod, before.mongod),
  transactions: difference(after.transactions, before.transactions),
});

const roundOf = ({ books, ...counted }: LoadResult, trial: Trial, costs: Costs): Round => {
  addBooks(trial.books, books);
  return { ...counted, costs };
};

const share = (costs: Costs, { work }: Load, isAlone: boolean): Costs => ({
  ...(isAlone ? costs : noCosts),
  transactions: work === 'balance' ? undefined : costs.transactions,
});

type RoundResult = { readonly load: Round; readonly meanwhile: Round | undefined };

const runRound = async (stage: Stage, scenario: Scenario, trial: Trial, seconds: number): Promise<RoundResult> => {
  const { load, meanwhile } = scenario;
  const [first, second] = stage.generators;
  const order = { url: trial.server.url, accountIds: trial.opened.ids, seconds };
  const before = await costsSoFar(stage, trial.server);
  const [result, other] = await Promise.all([
    first.run({ ...order, ...load }),
    meanwhile && second.run({ ...order, work: meanwhile.work, pacing: meanwhile.pacing }),
  ]);
  const costs = costsBetween(before, await costsSoFar(stage, trial.server));
  trial.server.mustBeAlive();
  return {
    load: roundOf(result, trial, share(costs, load, !meanwhile)),
    meanwhile: meanwhile && other && roundOf(other, trial, share(costs, meanwhile, false)),
  };
};

const describe = ({ inTime, seconds, latencies, errors }: Round): string => {
  const rate = `${Math.round(inTime / seconds)}/s`;
  const worst = `p99 ${percentile(latencies, 0.99).toFixed(1)} ms`;
  return [rate, worst, ...(errors > 0 ? [`${errors} errors`] : [])].join(', ');
};

const runRounds = async (stage: Stage, scenario: Scenario, trials: readonly Trial[]): Promise<void> => {
  const { rounds, seconds, warmUpSeconds } = stage.timing;
  for (const trial of trials) await runRound(stage, scenario, trial, warmUpSeconds);
  for (let round = 1; round <= rounds; round += 1) {
    for (const trial of trials) {
      const { load, meanwhile } = await runRound(stage, scenario, trial, seconds);
      trial.load.push(load);
      if (meanwhile) trial.meanwhile.push(meanwhile);
      stage.report(`${scenario.name}, round ${round} of ${rounds}, ${trial.server.kind.name}: ${describe(load)}`);
    }
  }
};

const openTrial = async (server: ApiServer, accounts: number): Promise<Trial> => {
  const opened = await openAccounts(server, accounts);
  return { server, opened, books: emptyBooks(accounts), load: [], meanwhile: [] };
};

/** Opens the accounts, warms up, measures the servers in turn, and compares what they hold with what they acknowledged. */
export const runScenario = async (stage: Stage, scenario: Scenario): Promise<ScenarioResult> => {
  const trials: Trial[] = [];
  for (const { name } of scenario.servers) trials.push(await openTrial(stage.server(name), scenario.accounts));
  await runRounds(stage, scenario, trials);
  const losses: string[] = [];
  for (const { server, opened, books } of trials) {
    const found = await findLosses(server, opened, books);
    losses.push(...found.map((loss) => `${scenario.name}, ${server.kind.name}: ${loss}`));
  }
  const measured = (title: string, load: Load, rounds: (trial: Trial) => readonly Round[]): readonly Measurement[] =>
    trials.map((trial) => ({
      scenario: scenario.name,
      title,
      server: trial.server.kind.name,
      pacing: load.pacing,
      rounds: rounds(trial),
    }));
  const { title, load, meanwhile } = scenario;
  return {
    load: measured(title, load, (trial) => trial.load),
    meanwhile: meanwhile ? measured(meanwhile.title, meanwhile, (trial) => trial.meanwhile) : [],
    losses,
  };
};
