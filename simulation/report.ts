import type { SeedResult } from './run-seed.ts';
import type { SeedsRun } from './run-seeds.ts';

const BETWEEN_LINES = 2_000;
const LAST_STEPS = 40;
const MOST_BROKEN = 10;

/** Says now and then how far a run is. */
export class Progress {
  readonly #begun = performance.now();
  #said = performance.now();

  constructor(private readonly write: (text: string) => void) {}

  readonly tell = (done: number, all: number): void => {
    const now = performance.now();
    if (now - this.#said < BETWEEN_LINES) return;
    this.#said = now;
    const rate = (done / (now - this.#begun)) * 1_000;
    this.write(`${Math.floor((100 * done) / all)} %  ${done} of ${all}, ${rate.toFixed(1)} a second\n`);
  };
}

const total = (results: readonly SeedResult[], of: 'events' | 'requests' | 'crashes' | 'calls' | 'lasted'): number =>
  results.reduce((sum, result) => sum + result[of], 0);

export const summaryText = ({ results, seconds, digest }: SeedsRun): string => {
  const rate = (results.length / seconds).toFixed(1);
  const [requests, events, crashes] = [total(results, 'requests'), total(results, 'events'), total(results, 'crashes')];
  const hours = (total(results, 'lasted') / 3_600_000).toFixed(1);
  const runs = results.some(({ scenario }) => scenario !== undefined) ? 'accidents' : 'seeds';
  return [
    `All is well: ${results.length} ${runs} in ${seconds.toFixed(1)} s, ${rate} a second.`,
    `  ${requests} requests, ${events} events, ${crashes} crashes, ${total(results, 'calls')} calls to the store, ${hours} hours of their time`,
    `  digest ${digest}`,
  ].join('\n');
};

/** What somebody needs who wants to know why. */
export const failureText = ({ seed, broken, trace, scenario }: SeedResult): string => {
  const more = broken.length > MOST_BROKEN ? [`  and ${broken.length - MOST_BROKEN} more`] : [];
  return [
    `Seed ${seed} breaks ${broken.length === 1 ? 'a rule' : `${broken.length} rules`}:`,
    ...broken.slice(0, MOST_BROKEN).map((sentence) => `  ${sentence}`),
    ...more,
    '',
    `Its last steps (milliseconds, who, what):`,
    ...trace.slice(-LAST_STEPS).map((line) => `  ${line}`),
    '',
    scenario === undefined
      ? `npm run simulate -- --seed ${seed} repeats it exactly; --trace shows all of it.`
      : `It happens with ${scenario}; npm run simulate -- --crashes repeats it exactly.`,
  ].join('\n');
};

export const jsonOf = ({ results, seconds, digest }: SeedsRun): string => {
  const broken = results.filter((result) => result.broken.length > 0);
  return JSON.stringify({
    well: broken.length === 0,
    seeds: results.length,
    seconds,
    digest,
    requests: total(results, 'requests'),
    events: total(results, 'events'),
    crashes: total(results, 'crashes'),
    calls: total(results, 'calls'),
    broken: broken.map(({ seed, scenario, broken: rules, trace }) => ({
      seed,
      scenario,
      rules,
      lastSteps: trace.slice(-LAST_STEPS),
    })),
  });
};
