import { availableParallelism, loadavg } from 'node:os';
import { startLoadGenerator, type LoadGenerator } from './client/load-generator.ts';
import { rowOf } from './report/figures.ts';
import type { Machine, Report } from './report/report.ts';
import { runScenario, type ScenarioResult, type Stage, type Timing } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type ApiServer, startApiServer } from './servers/api-server.ts';
import type { Closing } from './servers/closing.ts';
import { openDatabase } from './servers/database.ts';

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

const openGenerator = (closing: Closing): Promise<LoadGenerator> =>
  closing.open(startLoadGenerator, (generator) => generator.stop());

const openStage = async ({ scenarios, timing, profiles, report }: RunOptions, closing: Closing): Promise<Stage> => {
  const database = await openDatabase(closing, report);
  const generators = [await openGenerator(closing), await openGenerator(closing)] as const;
  const servers = new Map<string, ApiServer>();
  for (const kind of new Set(scenarios.flatMap((scenario) => scenario.servers))) {
    const options = { kind, mongoUri: database.uriOf(kind.database), directory: database.directory, profiles };
    const opened = await closing.open(
      () => startApiServer(options),
      (server) => server.stop(),
    );
    servers.set(kind.name, opened);
  }
  const server = (name: string): ApiServer => {
    const found = servers.get(name);
    if (!found) throw new Error(`There is no server ${name}.`);
    return found;
  };
  return { database, server, generators, timing, report };
};

const findingsOf = (scenario: Scenario, { load }: ScenarioResult): Report['findings'] => {
  const finding = scenario.find(load);
  return finding ? [finding] : [];
};

/** Starts everything, runs the scenarios one after the other, and leaves with `closing` how all of it is ended. */
export const run = async (options: RunOptions, closing: Closing): Promise<Report> => {
  const machine = thisMachine();
  const stage = await openStage(options, closing);
  const results: (readonly [Scenario, ScenarioResult])[] = [];
  for (const scenario of options.scenarios) results.push([scenario, await runScenario(stage, scenario)]);
  return {
    machine,
    rounds: options.timing.rounds,
    secondsPerRound: options.timing.seconds,
    rows: results.flatMap(([, { load, meanwhile }]) => [...load, ...meanwhile].map(rowOf)),
    findings: results.flatMap(([scenario, result]) => findingsOf(scenario, result)),
    losses: results.flatMap(([, { losses }]) => losses),
  };
};
