import { type Call, crashesOf, failuresOf, type Fates, type Outcome } from './fates.ts';
import { runSeed, type Conditions, type SeedResult } from './run-seed.ts';
import { digestOf, type SeedsRun, type TellProgress } from './run-seeds.ts';
import type { Scenario } from './scenarios.ts';

const SEED = 1;

/** All calls take the same time, and one of them does not end well. */
const fateAt =
  (place: number, outcome: Outcome): Fates =>
  ({ number }) => ({ outcome: number === place ? outcome : 'done', there: 0.5, back: 0.5 });

const conditionsOf = ({ plan }: Scenario, fates: Fates, scenario: string): Conditions => ({ plan, fates, scenario });

/** The calls that a scenario makes where everything goes well. */
const callsOf = async (scenario: Scenario): Promise<readonly Call[]> => {
  const calls: Call[] = [];
  const watched: Fates = (call) => {
    calls.push(call);
    return { outcome: 'done', there: 0.5, back: 0.5 };
  };
  await runSeed(SEED, conditionsOf(scenario, watched, scenario.name));
  return calls;
};

type Accident = { readonly scenario: Scenario; readonly call: Call; readonly outcome: Outcome };

const accidentsOf = async (scenario: Scenario): Promise<readonly Accident[]> =>
  (await callsOf(scenario)).flatMap((call) =>
    [...new Set([...crashesOf[call.kind], ...failuresOf[call.kind]])].map((outcome) => ({ scenario, call, outcome })),
  );

const run = ({ scenario, call, outcome }: Accident): Promise<SeedResult> => {
  const words = `${scenario.name}, call ${call.number} (${call.what} of ${call.process}): ${outcome}`;
  return runSeed(SEED, conditionsOf(scenario, fateAt(call.number, outcome), words));
};

/** These scenarios as often as they have calls to the store, with everything that can happen to each call, up to the first broken rule. */
export const crashEverywhere = async (
  scenarios: readonly Scenario[],
  tell: TellProgress = () => undefined,
): Promise<SeedsRun> => {
  const begun = performance.now();
  const accidents: Accident[] = [];
  // One world at a time: it stands in for the time of the whole runtime.
  for (const scenario of scenarios) accidents.push(...(await accidentsOf(scenario)));
  const results: SeedResult[] = [];
  for (const accident of accidents) {
    const result = await run(accident);
    results.push(result.broken.length > 0 ? result : { ...result, trace: [] });
    tell(results.length, accidents.length);
    if (result.broken.length > 0) break;
  }
  return { results, seconds: (performance.now() - begun) / 1_000, digest: digestOf(results) };
};
