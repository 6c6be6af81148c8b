import { join, relative } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantedProject, type PlantedProject } from './planted-project.ts';

type Planted = { readonly rule: string; readonly file: string; readonly text: string };

const lines = (count: number, line: string): string => Array.from({ length: count }, () => line).join('\n');

const deep = 'if (a) { if (a) { if (a) { if (a) { a = !a; } } } }';
const choices = Array.from({ length: 9 }, (_, index) => `if (n === ${index}) return ${index};`).join('\n');

const door = (name: string, use: string): Planted => ({
  rule: 'no-restricted-globals',
  file: `src/domain/reaching-for-${name}.ts`,
  text: `export const reach = (): unknown => ${use};`,
});

const planted: readonly Planted[] = [
  door('the-time', 'Date.now()'),
  door('the-date', 'new Date()'),
  door('the-process', 'process.argv'),
  door('the-environment', 'process.env.HOME'),
  door('a-timer', 'setTimeout(() => undefined, 1)'),
  door('another-timer', 'setInterval(() => undefined, 1)'),
  door('a-random-id', 'crypto.randomUUID()'),
  door('a-clock', 'performance.now()'),
  door('the-network', "fetch('http://localhost')"),
  door('the-terminal', "console.log('x')"),
  door('everything', 'globalThis'),
  {
    rule: 'no-restricted-properties',
    file: 'src/domain/guessing.ts',
    text: 'export const guess = (): number => Math.random();',
  },
  {
    rule: 'no-restricted-properties',
    file: 'src/application/guessing.ts',
    text: 'export const guess = (): number => Math.random();',
  },
  {
    rule: 'no-restricted-properties',
    file: 'src/http/configuring.ts',
    text: 'export const port = (): string | undefined => process.env.PORT;',
  },
  {
    rule: 'no-restricted-properties',
    file: 'src/compose.ts',
    text: 'const { env } = process;\nexport const port = (): string | undefined => env.PORT;',
  },
  {
    rule: 'no-restricted-imports',
    file: 'src/storage/configuring.ts',
    text: "import { env } from 'node:process';\nexport const home = env.HOME;",
  },
  { rule: 'no-restricted-syntax', file: 'src/by-default.ts', text: 'const one = 1;\nexport default one;' },
  {
    rule: '@typescript-eslint/no-floating-promises',
    file: 'src/storage/forgetting.ts',
    text: 'const write = async (): Promise<void> => Promise.resolve();\nexport const save = (): void => {\n  write();\n};',
  },
  {
    rule: '@typescript-eslint/no-misused-promises',
    file: 'src/storage/misusing.ts',
    text: 'const isOpen = async (): Promise<boolean> => Promise.resolve(false);\nexport const open = (): number => (isOpen() ? 1 : 2);',
  },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    file: 'src/domain/forgetting.ts',
    text: "export const sign = (way: 'in' | 'out'): number => {\n  switch (way) {\n    case 'in':\n      return 1;\n  }\n  return 0;\n};",
  },
  {
    rule: '@typescript-eslint/no-explicit-any',
    file: 'src/application/anything.ts',
    text: 'export const anything = (value: any): number => (value === 1 ? 1 : 2);',
  },
  {
    rule: '@typescript-eslint/no-unsafe-member-access',
    file: 'src/http/trusting.ts',
    text: "export const trust = (): unknown => JSON.parse('{}').member;",
  },
  {
    rule: '@typescript-eslint/no-non-null-assertion',
    file: 'src/domain/insisting.ts',
    text: 'export const first = (all: readonly number[]): number => all[0]!;',
  },
  {
    rule: '@typescript-eslint/no-unused-vars',
    file: 'src/domain/keeping.ts',
    text: 'const kept = 1;\nexport const one = 1;',
  },
  {
    rule: '@typescript-eslint/consistent-type-imports',
    file: 'src/http/importing.ts',
    text: "import { Server } from 'node:http';\nexport type Kept = Server;",
  },
  {
    rule: 'max-lines-per-function',
    file: 'src/domain/telling.ts',
    text: `export const tell = (): number => {\n  let n = 0;\n${lines(40, '  n += 1;')}\n  return n;\n};`,
  },
  { rule: 'max-lines', file: 'src/domain/listing.ts', text: `export const all = [\n${lines(200, '  1,')}\n];` },
  {
    rule: 'complexity',
    file: 'src/domain/branching.ts',
    text: `export const f = (n: number): number => {\n${choices}\nreturn n;\n};`,
  },
  {
    rule: 'max-depth',
    file: 'src/domain/nesting.ts',
    text: `export const f = (a: boolean): boolean => {\n${deep}\nreturn a;\n};`,
  },
  {
    rule: 'max-params',
    file: 'src/domain/asking.ts',
    text: 'export const add = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;',
  },
  {
    rule: 'unused eslint-disable',
    file: 'src/domain/excusing.ts',
    text: '// eslint-disable-next-line max-depth\nexport const one = 1;',
  },
];

// The doors stand open here.
const allowed: Readonly<Record<string, string>> = {
  'src/main.ts': 'export const port = process.env.PORT;',
  'src/cli/configuring.ts': 'export const port = process.env.PORT;',
  'src/storage/mongo/dating.ts': 'export const today = (): Date => new Date();',
  'src/domain/telling-shortly.ts': `export const tell = (): number => {\n  let n = 0;\n${lines(36, '  n += 1;')}\n  return n;\n};`,
};

describe('the rules about code', () => {
  let project: PlantedProject;
  let found: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    const files = Object.fromEntries(planted.map(({ file, text }) => [file, `${text}\n`]));
    const copied = ['eslint.config.js', 'tsconfig.json', 'package.json'];
    project = await plantedProject(copied, { ...files, ...allowed });
    const eslint = new ESLint({ cwd: project.root, overrideConfigFile: join(project.root, 'eslint.config.js') });
    const results = await eslint.lintFiles(['src']);
    const rulesIn = ({ messages }: ESLint.LintResult): readonly string[] =>
      messages.map(
        ({ ruleId, message }) =>
          ruleId ?? (message.startsWith('Unused eslint-disable') ? 'unused eslint-disable' : message),
      );
    found = new Map(results.map((result) => [relative(project.root, result.filePath), rulesIn(result)]));
  });

  afterAll(() => project.remove());

  it.each(planted)('$rule reports $file', ({ rule, file }) => {
    expect(found.get(file)).toContain(rule);
  });

  it.each(Object.keys(allowed))('nothing is reported in %s', (file) => {
    expect(found.get(file)).toEqual([]);
  });

  it('are in force for every rule that has a planted violation, in every part of src', async () => {
    const eslint = new ESLint();
    for (const file of [
      'src/main.ts',
      'src/domain/account/decide.ts',
      'src/storage/mongo/connection.ts',
      'src/http/router.ts',
    ]) {
      const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Record<string, readonly unknown[]> };
      expect(rules['@typescript-eslint/no-floating-promises']?.[0]).toBe(2);
      expect(rules['@typescript-eslint/no-explicit-any']?.[0]).toBe(2);
      expect(rules['max-lines-per-function']?.[0]).toBe(2);
    }
  });
});
