import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { runSeeds } from '../../simulation/run-seeds.ts';

const run = promisify(execFile);

const summary = z.object({ well: z.boolean(), seeds: z.int(), digest: z.string() });

beforeAll(async () => {
  await run('npx', ['tsc', '-p', 'simulation/tsconfig.build.json']);
}, 120_000);

it('runs seeds in several processes, and they take the course that they take in one', async () => {
  const program = [
    'dist/simulation/simulation/main.js',
    '--seeds',
    '50',
    '--from',
    '7000',
    '--processes',
    '2',
    '--json',
  ];
  const { stdout } = await run(process.execPath, program);
  const { digest } = await runSeeds({ seeds: 50, from: 7000 });
  expect(summary.parse(JSON.parse(stdout))).toEqual({ well: true, seeds: 50, digest });
});

it('refuses to run no seeds, or in no process', async () => {
  for (const option of ['--seeds', '--processes'])
    await expect(run(process.execPath, ['dist/simulation/simulation/main.js', option, '0'])).rejects.toThrow(option);
});
