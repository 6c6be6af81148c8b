import type { Load } from './client/load.ts';
import type { Measurement, Round } from './measurement.ts';
import type { Progress } from './progress.ts';
import type { Finding } from './report/finding.ts';
import { percentile } from './report/figures.ts';
import { type Clients, runRound, type Trial } from './run-round.ts';
import type { Line, Scenario, Step } from './scenarios/scenario.ts';
import { AccountBook } from './servers/booked-accounts.ts';
import { Closing } from './servers/closing.ts';
import type { Contender, Place } from './servers/contender.ts';
import type { Database } from './servers/database.ts';
import { fill } from './servers/fill.ts';
import { openContender, type OpenContender } from './servers/open-contender.ts';
import type { Profiles } from './servers/profiles.ts';

export type Timing = { readonly rounds: number; readonly seconds: number; readonly warmUpSeconds: number };

export type Stage = {
  readonly databaseAt: (place: Place) => Promise<Database>;
  readonly clients: Clients;
  readonly timing: Timing;
  readonly profiles: Profiles;
  readonly progress: Progress;
};

export type ScenarioResult = {
  readonly measurements: readonly Measurement[];
  readonly findings: readonly Finding[];
  /** A sentence for each account on which a command was lost or carried out twice. */
  readonly losses: readonly string[];
};

const describe = ({ inTime, seconds, latencies, errors }: Round): string => {
  const rate = `${Math.round(inTime / seconds).toLocaleString('en')}/s`;
  const worst = latencies.length > 0 ? `p99 ${percentile(latencies, 0.99).toFixed(1)} ms` : 'nothing went well';
  return [rate, worst, ...(errors > 0 ? [`${errors} errors`] : [])].join(', ');
};

/** The scenario while it runs: who takes part, and on which accounts. */
class Run {
  readonly #contenders = new Map<Contender, { readonly open: OpenContender; readonly database: Database }>();
  readonly book = new AccountBook((order) => fill(order, this.stage.progress.say, this.closing));

  constructor(
    private readonly stage: Stage,
    private readonly scenario: Scenario,
    private readonly closing: Closing,
  ) {}

  async open(): Promise<void> {
    const lines = this.scenario.steps.flatMap((step) => step.lines);
    for (const contender of new Set(lines.map((line) => line.contender))) {
      const database = await this.stage.databaseAt(contender.place);
      const name = `${this.scenario.name}-${this.#contenders.size + 1}`;
      await this.closing.open(
        () => Promise.resolve(),
        () => database.drop(name),
      );
      const { directory } = database;
      const place = { mongoUri: database.uriOf(name), directory, profiles: this.stage.profiles };
      const open = await openContender(contender, { scenario: this.scenario.name, ...place }, this.closing);
      this.#contenders.set(contender, { open, database });
    }
  }

  async trial(line: Line): Promise<Trial> {
    const found = this.#contenders.get(line.contender);
    if (!found) throw new Error(`${line.contender.name} does not take part.`);
    const accounts = await this.book.of(found.open, line.accounts);
    const others = line.coldBehind && (await this.book.of(found.open, line.coldBehind));
    return { line, contender: found.open, database: found.database, accounts, others, load: [], meanwhile: [] };
  }

  /** Warms all lines of a step up, and measures them in turn. */
  async measure(trials: readonly Trial[]): Promise<void> {
    const { timing, clients, progress } = this.stage;
    const { rounds, warmUpSeconds } = timing;
    const warm = trials.filter(({ line }) => !line.coldBehind);
    for (const trial of warm) await runRound(trial, clients, { seconds: warmUpSeconds, warmUpSeconds });
    for (let round = 1; round <= rounds; round += 1) {
      for (const trial of trials) {
        const { operations } = trial.line;
        const extent = { seconds: timing.seconds, warmUpSeconds, ...(operations !== undefined && { operations }) };
        const { load, meanwhile } = await runRound(trial, clients, extent);
        trial.load.push(load);
        if (meanwhile) trial.meanwhile.push(meanwhile);
        const { title, contender } = trial.line;
        const place = `${this.scenario.name}, round ${round} of ${rounds}: ${title}, ${contender.name}`;
        progress.advance(`${place}: ${describe(load)}`);
      }
    }
  }
}

const measurementsOf = ({ name }: Scenario, { line, load, meanwhile }: Trial): readonly Measurement[] => {
  const measured = (title: string, { pacing }: Load, rounds: readonly Round[]): Measurement => ({
    scenario: name,
    title,
    contender: line.contender.name,
    pacing,
    rounds,
  });
  const first = measured(line.title, line.load, load);
  return line.meanwhile ? [first, measured(line.meanwhile.title, line.meanwhile, meanwhile)] : [first];
};

type StepResult = Pick<ScenarioResult, 'measurements' | 'findings'>;

const runStep = async (run: Run, scenario: Scenario, { lines, findings }: Step): Promise<StepResult> => {
  const trials: Trial[] = [];
  for (const line of lines) trials.push(await run.trial(line));
  await run.measure(trials);
  const measured = new Map(trials.map((trial) => [trial.line, measurementsOf(scenario, trial)]));
  const of = (line: Line): Measurement => {
    const [measurement] = measured.get(line) ?? [];
    if (!measurement) throw new Error(`${line.title} is no line of this step.`);
    return measurement;
  };
  return { measurements: [...measured.values()].flat(), findings: findings.map((find) => find(of)) };
};

/** Starts who takes part, measures step by step, compares what they hold with what they acknowledged, and ends them. */
export const runScenario = async (stage: Stage, scenario: Scenario, closing: Closing): Promise<ScenarioResult> => {
  // Before what uses them, so that they end behind it also where the run is stopped.
  for (const line of scenario.steps.flatMap(({ lines }) => lines)) await stage.databaseAt(line.contender.place);
  const own = await closing.open(
    () => Promise.resolve(new Closing()),
    (opened) => opened.closeAll(stage.progress.say),
  );
  const run = new Run(stage, scenario, own);
  await run.open();
  const results: StepResult[] = [];
  for (const step of scenario.steps) results.push(await runStep(run, scenario, step));
  const losses = (await run.book.losses()).map((loss) => `${scenario.name}, ${loss}`);
  await own.closeAll(stage.progress.say);
  return {
    measurements: results.flatMap(({ measurements }) => measurements),
    findings: results.flatMap(({ findings }) => findings),
    losses,
  };
};
