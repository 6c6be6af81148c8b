import { availableParallelism, loadavg } from 'node:os';
import type { LoadOrder, LoadResult } from './client/load.ts';
import { Progress } from './progress.ts';
import { type LoadGenerator, startWorker } from './programs/worker.ts';
import { rowOf } from './report/figures.ts';
import type { Machine, Report } from './report/report.ts';
import { runScenario, type ScenarioResult, type Stage, type Timing } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Closing } from './servers/closing.ts';
import type { Place } from './servers/contender.ts';
import { type Database, oneNode, openDatabase } from './servers/database.ts';
import { Profiles } from './servers/profiles.ts';
import { threeNodes } from './servers/three-node-set.ts';

export type RunOptions = {
  readonly scenarios: readonly Scenario[];
  readonly timing: Timing;
  readonly profiles: string | undefined;
  /** Takes one line of progress. */
  readonly report: (line: string) => void;
};

const thisMachine = (): Machine => ({
  cpus: availableParallelism(),
  platform: process.platform,
  node: process.version,
  loadAverage: loadavg()[0] ?? NaN,
});

const openClients = (closing: Closing): Promise<LoadGenerator> =>
  closing.open(
    () => startWorker<LoadOrder, LoadResult>('client'),
    (clients) => clients.stop(),
  );

const openStage = async ({ scenarios, timing, profiles, report }: RunOptions, closing: Closing): Promise<Stage> => {
  const progress = new Progress(scenarios, timing.rounds, report);
  const databases = new Map<Place, Promise<Database>>();
  const databaseAt = (place: Place): Promise<Database> => {
    const start = place === 'one-node' ? oneNode(progress.say) : threeNodes;
    const database = databases.get(place) ?? openDatabase(start, closing, progress.say);
    databases.set(place, database);
    return database;
  };
  const clients = [await openClients(closing), await openClients(closing)] as const;
  return { databaseAt, clients, timing, profiles: new Profiles(profiles), progress };
};

/** Starts everything, runs the scenarios one after the other, and leaves with `closing` how all of it is ended. */
export const run = async (options: RunOptions, closing: Closing): Promise<Report> => {
  const machine = thisMachine();
  const stage = await openStage(options, closing);
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) results.push(await runScenario(stage, scenario, closing));
  return {
    machine,
    rounds: options.timing.rounds,
    secondsPerRound: options.timing.seconds,
    rows: results.flatMap(({ measurements }) => measurements.map(rowOf)),
    findings: results.flatMap(({ findings }) => findings),
    losses: results.flatMap(({ losses }) => losses),
  };
};
