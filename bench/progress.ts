import type { Scenario } from './scenarios/scenario.ts';

const SECOND = 1_000;

const clock = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / SECOND);
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, '0')}`;
};

/** Says how far the run is, in rounds, next to everything that it says. */
export class Progress {
  readonly #started = performance.now();
  readonly #planned: number;
  #done = 0;

  constructor(
    scenarios: readonly Scenario[],
    rounds: number,
    private readonly write: (line: string) => void,
  ) {
    const lines = scenarios.flatMap(({ steps }) => steps).flatMap((step) => step.lines);
    this.#planned = lines.length * rounds;
  }

  readonly say = (line: string): void => {
    const share = Math.floor((100 * this.#done) / this.#planned);
    this.write(`${clock(performance.now() - this.#started)} ${share.toString().padStart(3)} %  ${line}`);
  };

  /** A round is over, and this is what it was. */
  readonly advance = (line: string): void => {
    this.#done += 1;
    this.say(line);
  };
}
