import { createHash } from 'node:crypto';
import { runSeed, type SeedResult } from './run-seed.ts';

/** What is kept of a seed that broke no rule: thousands of traces have no place in memory. */
const withoutTrace = (result: SeedResult): SeedResult => (result.broken.length > 0 ? result : { ...result, trace: [] });

export type SeedsRun = {
  /** In the order of the seeds. */
  readonly results: readonly SeedResult[];
  readonly seconds: number;
  /** SHA-256 over what happened in all seeds: two machines that simulate the same get the same. */
  readonly digest: string;
};

/** Is told how many of all are done. */
export type TellProgress = (done: number, all: number) => void;

/** What came of all of them, as one. */
export const digestOf = (results: readonly SeedResult[]): string => {
  const digest = createHash('sha256');
  for (const result of results) digest.update(result.digest);
  return digest.digest('hex');
};

/** Which seeds: so many, from that one on. */
export type Seeds = { readonly seeds: number; readonly from: number };

/** Runs seed after seed, up to the first that breaks a rule. */
export const runSeeds = async ({ seeds, from }: Seeds, tell: TellProgress = () => undefined): Promise<SeedsRun> => {
  const begun = performance.now();
  const results: SeedResult[] = [];
  // Where each of thousands of refusals comes from costs more than it is worth: --seed tells it of the one that matters.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = withoutTrace(await runSeed(seed));
    results.push(result);
    tell(results.length, seeds);
    if (result.broken.length > 0) break;
  }
  Error.stackTraceLimit = stackTraceLimit;
  return { results, seconds: (performance.now() - begun) / 1_000, digest: digestOf(results) };
};
