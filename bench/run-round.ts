import { addBooks } from './client/books.ts';
import type { Load, LoadResult } from './client/load.ts';
import type { Costs, Round } from './measurement.ts';
import type { LoadGenerator } from './programs/worker.ts';
import type { Line } from './scenarios/scenario.ts';
import { cpuTimeOfAll, memoryOfAll } from './servers/process-figures.ts';
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

const unknown = { api: undefined, mongod: undefined } as const;

const costsSoFar = async ({ database, contender }: Trial): Promise<Costs> => {
  const pids = contender.pids();
  return {
    api: pids.length > 0 ? await cpuTimeOfAll(pids) : undefined,
    mongod: await cpuTimeOfAll(database.pids),
    transactions: await database.committedTransactions(),
    apiMemory: pids.length > 0 ? await memoryOfAll(pids) : undefined,
  };
};

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before;

const costsBetween = (before: Costs, after: Costs): Costs => ({
  api: difference(after.api, before.api),
  mongod: difference(after.mongod, before.mongod),
  transactions: difference(after.transactions, before.transactions),
  apiMemory: after.apiMemory,
});

const roundOf = ({ books, ...counted }: LoadResult, accounts: BookedAccounts, costs: Costs): Round => {
  addBooks(accounts.books, books);
  return { ...counted, costs: { ...costs, api: counted.serverCpu ?? costs.api } };
};

type Extent = { readonly seconds: number; readonly operations?: number; readonly by: LoadGenerator };

const run = ({ contender }: Trial, accounts: BookedAccounts, { work, pacing }: Load, { by, ...extent }: Extent) =>
  contender.run({ work, pacing, accountIds: accounts.opened.ids, ...extent }, by);

const startAnew = async (trial: Trial, [clients]: Clients, seconds: number): Promise<void> => {
  const { contender, others } = trial;
  if (!others) return;
  await contender.restart();
  const { books } = await run(trial, others, WARM_UP, { seconds, by: clients });
  addBooks(others.books, books);
};

export type RoundTiming = { readonly seconds: number; readonly warmUpSeconds: number; readonly operations?: number };

/** Runs the load of a trial for so long, and what goes on meanwhile. What it did is in the books of its accounts. */
export const runRound = async (
  trial: Trial,
  clients: Clients,
  timing: RoundTiming,
): Promise<{ readonly load: Round; readonly meanwhile: Round | undefined }> => {
  const { line, contender, accounts } = trial;
  const { load, meanwhile } = line;
  const { warmUpSeconds, ...extent } = timing;
  await startAnew(trial, clients, warmUpSeconds);
  const [first, second] = clients;
  const before = await costsSoFar(trial);
  const [result, other] = await Promise.all([
    run(trial, accounts, load, { ...extent, by: first }),
    meanwhile && run(trial, accounts, meanwhile, { ...extent, by: second }),
  ]);
  const costs = costsBetween(before, await costsSoFar(trial));
  contender.mustBeAlive();
  // Two loads on one contender share what it costs, and nobody can say in which proportion.
  const shared = meanwhile ? { ...costs, ...unknown } : costs;
  return { load: roundOf(result, accounts, shared), meanwhile: other && roundOf(other, accounts, shared) };
};
