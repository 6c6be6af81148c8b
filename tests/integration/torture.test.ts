import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';

const run = promisify(execFile);

const LIMIT = 420_000;

const report = z.object({
  isSound: z.boolean(),
  faults: z.record(z.string(), z.int()),
  commands: z.object({ acknowledged: z.int(), replays: z.int() }),
  totals: z.object({ snapshots: z.int(), trialBalances: z.int() }),
  named: z.array(z.object({ kind: z.string(), detail: z.string() })),
});

/** What a short run had to say. A promise that was broken is in `named`. */
const torture = async (...options: readonly string[]): Promise<z.infer<typeof report>> => {
  const env = { ...process.env, MONGOD_PATH: inject('mongodPath') };
  const program = ['dist/torture/torture/main.js', ...options, '--json'];
  const { stdout } = await run(process.execPath, program, { env }).catch((error: unknown) => {
    const failed = error as { stdout?: string; stderr?: string };
    if (failed.stdout) return { stdout: failed.stdout };
    throw new Error(`the run failed: ${String(failed.stderr)}`, { cause: error });
  });
  return report.parse(JSON.parse(stdout));
};

describe('a three-node set and two API processes under torture', { timeout: LIMIT }, () => {
  beforeAll(async () => {
    await run('npx', ['tsc', '-p', 'torture/tsconfig.build.json']);
  }, LIMIT);

  it('keep every promise while they are killed, stopped, cut off, lied to and put to a wrong time', async () => {
    const { named, faults, commands, totals } = await torture('--seconds', '36', '--seed', '7');
    expect(named).toEqual([]);
    const kinds = ['kill', 'stop', 'step down', 'dropped|lost|reset|delay|cut off|flapping', 'fails', 'clock'];
    const met = kinds.filter((kind) => Object.keys(faults).some((name) => new RegExp(kind).test(name)));
    expect(met).toEqual(kinds);
    expect(commands.acknowledged).toBeGreaterThan(0);
    expect(totals.snapshots).toBeGreaterThan(0);
  });

  it('carry nothing out twice when the replies to commits are lost', async () => {
    const { named, faults } = await torture('lost-replies', '--count', '100');
    expect(named).toEqual([]);
    expect(faults['replies to commits lost']).toBeGreaterThanOrEqual(100);
  });

  it('carry out once what comes eight times at once', async () => {
    const { named, commands } = await torture('duplicates', '--keys', '100', '--copies', '8');
    expect(named).toEqual([]);
    expect(commands).toEqual({ acknowledged: 100, replays: 100 * 8 });
  });
});
