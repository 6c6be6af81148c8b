import { defineConfig } from 'vitest/config';

const onRealMongo = {
  globalSetup: ['tests/support/global-setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Most of them wait for a process, a database or a clock most of the time.
    maxWorkers: 2,
    // For `npm run coverage`, which says which tests run.
    coverage: {
      provider: 'v8',
      include: ['src/{domain,application,storage}/**/*.ts'],
      reporter: [['text', { skipFull: true }], 'html'],
      // A little below what is measured: less is a failure.
      thresholds: {
        'src/domain/**': { statements: 98, branches: 97, functions: 99, lines: 99 },
        'src/application/**': { statements: 84, branches: 75, functions: 85, lines: 86 },
        'src/storage/**': { statements: 89, branches: 80, functions: 87, lines: 92 },
      },
    },
    projects: [
      // Needs nothing but Node, and takes seconds: part of `npm run check`.
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,architecture}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      // The ledger in a simulated world: needs nothing but Node, and takes longer.
      {
        test: {
          name: 'simulation',
          include: ['tests/simulation/**/*.test.ts'],
          testTimeout: 240_000,
        },
      },
      // Needs a replica set, which the global set-up finds or fetches; without one these tests fail.
      {
        test: {
          name: 'ledger',
          include: ['tests/{contract,integration,api,properties}/**/*.test.ts'],
          ...onRealMongo,
        },
      },
    ],
  },
});
