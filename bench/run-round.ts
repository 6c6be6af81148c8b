import { addBooks } from './client/books.ts';
import type { Load, LoadResult } from './client/load.ts';
import type { Costs, Round } from './measurement.ts';
import type { LoadGenerator } from './programs/worker.ts';
import type { Line } from './scenarios/scenario.ts';
import { cpuTimeOfAll } from './servers/cpu-time.ts';
import type { Database } from './servers/database.ts';
import type { OpenContender } from './servers/open-contender.ts';
import type { BookedAccounts } from './servers/booked-accounts.ts';

/** One for the load, one for what goes on meanwhile. */
export type Clients = readonly [LoadGenerator, LoadGenerator];

/** A line that is being measured. */
export type Trial = {
  readonly line: Line;
  readonly contender: OpenContender;
  readonly database: Database;
  readonly accounts: BookedAccounts;
  /** What the contender warms up on after it was started anew. */
  readonly others: BookedAccounts | undefined;
  readonly load: Round[];
  readonly meanwhile: Round[];
};

const WARM_UP = { work: 'deposit', pacing: { kind: 'closed', connections: 8 } } as const;

const noCosts: Costs = { api: undefined, mongod: undefined, transactions: undefined };

const costsSoFar = async ({ database, contender }: Trial): Promise<Costs> => {
  const pids = contender.pids();
  return {
    api: pids.length > 0 ? await cpuTimeOfAll(pids) : undefined,
    mongod: await cpuTimeOfAll(database.pids),
    transactions: await database.committedTransactions(),
  };
};

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before;

const costsBetween = (before: Costs, after: Costs): Costs => ({
  api: difference(after.api, before.api),
  mongod: difference(after.mongod, before.mongod),
  transactions: difference(after.transactions, before.transactions),
});

const roundOf = ({ books, ...counted }: LoadResult, accounts: BookedAccounts, costs: Costs): Round => {
  addBooks(accounts.books, books);
  return { ...counted, costs: { ...costs, api: counted.serverCpu ?? costs.api } };
};

const run = ({ contender }: Trial, accounts: BookedAccounts, load: Load, at: { seconds: number; by: LoadGenerator }) =>
  contender.run({ work: load.work, pacing: load.pacing, accountIds: accounts.opened.ids, seconds: at.seconds }, at.by);

const startAnew = async (trial: Trial, [clients]: Clients, seconds: number): Promise<void> => {
  const { contender, others } = trial;
  if (!others) return;
  await contender.restart();
  const { books } = await run(trial, others, WARM_UP, { seconds, by: clients });
  addBooks(others.books, books);
};

/** Runs the load of a trial for so long, and what goes on meanwhile. What it did is in the books of its accounts. */
export const runRound = async (
  trial: Trial,
  clients: Clients,
  timing: { readonly seconds: number; readonly warmUpSeconds: number },
): Promise<{ readonly load: Round; readonly meanwhile: Round | undefined }> => {
  const { line, contender, accounts } = trial;
  const { load, meanwhile } = line;
  await startAnew(trial, clients, timing.warmUpSeconds);
  const [first, second] = clients;
  const before = await costsSoFar(trial);
  const [result, other] = await Promise.all([
    run(trial, accounts, load, { seconds: timing.seconds, by: first }),
    meanwhile && run(trial, accounts, meanwhile, { seconds: timing.seconds, by: second }),
  ]);
  const costs = costsBetween(before, await costsSoFar(trial));
  contender.mustBeAlive();
  // Two loads on one contender share what it costs, and nobody can say in which proportion.
  const shared = meanwhile ? { ...noCosts, transactions: costs.transactions } : costs;
  return { load: roundOf(result, accounts, shared), meanwhile: other && roundOf(other, accounts, shared) };
};
