import tseslint from 'typescript-eslint';

const budget = {
  'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
  'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
  complexity: ['error', { max: 8, variant: 'modified' }],
  'max-depth': ['error', 3],
  'max-params': ['error', 4],
};

// What a pure function must not reach for. `globalThis` is the way around all the others.
const doors = [
  ...['Date', 'process', 'performance', 'crypto', 'console', 'fetch', 'globalThis'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.mutation/', 'node_modules/', '.daybook/', '**/*.js', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...budget,
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      // Reports mapped types keyed by a union of literals, which no enum can express.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
    },
  },
  {
    // The types of Mongoose refer to themselves, and this rule does not come back from them.
    files: ['src/storage/mongo/**', 'tests/**'],
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
  },
  {
    // The domain gets time, randomness and configuration through its arguments.
    files: ['src/domain/**'],
    // It asks no clock: it spells moments that came in.
    ignores: ['src/domain/time/time-text.ts'],
    rules: {
      'no-restricted-globals': ['error', ...doors.map((name) => ({ name, message: 'It comes in through the door.' }))],
    },
  },
  {
    // process.env is read once, by the entry points, and validated before anything else sees it.
    files: ['src/**'],
    ignores: ['src/main.ts', 'src/seal.ts', 'src/worker.ts', 'src/cli/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only main.ts, worker.ts and cli/ read the environment.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in through the door.' },
      ],
      'no-restricted-imports': ['error', 'process', 'node:process'],
    },
  },
  {
    files: ['tests/**', 'bench/**', 'simulation/**', 'torture/**'],
    rules: { 'max-lines-per-function': 'off', 'max-lines': ['error', 400] },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
