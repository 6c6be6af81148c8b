import { describe, expect, it } from 'vitest';
import { crashEverywhere } from '../../simulation/crash-everywhere.ts';
import { failureText } from '../../simulation/report.ts';
import { runSeed, type SeedResult } from '../../simulation/run-seed.ts';
import { runSeeds } from '../../simulation/run-seeds.ts';
import { scenarios } from '../../simulation/scenarios.ts';
import { brokenParts } from './broken-parts.ts';

const SEEDS = 200;

const MOST_SEEDS_FOR_A_MISTAKE = 300;

/** What somebody should see; nothing where all is well. */
const complaints = (results: readonly SeedResult[]): readonly string[] =>
  results.filter(({ broken }) => broken.length > 0).map(failureText);

describe('a ledger in a simulated world', () => {
  it(`keeps every rule through faults, crashes and wrong clocks of ${SEEDS} seeds`, async () => {
    const { results } = await runSeeds({ seeds: SEEDS, from: 1 });
    expect(complaints(results)).toEqual([]);
    expect(results).toHaveLength(SEEDS);
    expect(results.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(SEEDS / 4);
  });

  it('takes the same course for the same seed, whatever ran before, and another one for another', async () => {
    const first = await runSeed(11);
    const other = await runSeed(12);
    const again = await runSeed(11);
    expect(again.trace).toEqual(first.trace);
    expect(again.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
  });

  it('keeps every rule wherever a process crashes, or a call fails', async () => {
    const { results } = await crashEverywhere(scenarios.slice(0, 3));
    expect(complaints(results)).toEqual([]);
    expect(results.length).toBeGreaterThan(300);
  });

  it('has its own time and chance only while it runs', async () => {
    const doors = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout'];
    const before = doors.map((name): unknown => Reflect.get(globalThis, name));
    await runSeed(1);
    expect(doors.map((name): unknown => Reflect.get(globalThis, name))).toEqual(before);
    expect(Math.abs(Date.now() - new Date().getTime())).toBeLessThan(1_000);
  });
});

/** The first seed that says so of the mistake. */
const found = async ({ composition, rule }: (typeof brokenParts)[number]): Promise<SeedResult | undefined> => {
  for (let seed = 1; seed <= MOST_SEEDS_FOR_A_MISTAKE; seed += 1) {
    const result = await runSeed(seed, { composition });
    if (result.broken.some((sentence) => rule.test(sentence))) return result;
  }
  return undefined;
};

describe('a mistake in the ledger is found', () => {
  it.each(brokenParts)('where $mistake', async (part) => {
    const result = await found(part);
    if (!result) throw new Error(`not in ${MOST_SEEDS_FOR_A_MISTAKE} seeds`);
    const text = failureText(result);
    expect(text).toContain(`npm run simulate -- --seed ${result.seed} repeats it exactly`);
    expect(text).toContain(result.trace.at(-1));
  });
});
