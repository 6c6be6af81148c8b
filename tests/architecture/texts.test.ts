import { basename, dirname, sep } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ProjectFile, projectFiles } from './project-files.ts';

let files: readonly ProjectFile[];

beforeAll(async () => {
  files = await projectFiles('.');
});

const below = (...directories: readonly string[]): readonly ProjectFile[] =>
  files.filter(({ path }) => directories.includes(path.split(sep)[0] ?? ''));

/** The places where the pattern is found, as `path:line: text`. */
const found = (among: readonly ProjectFile[], pattern: RegExp): readonly string[] =>
  among.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );

// Put together here, so that this file is not the first to be found.
const unfinished = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);
const leftOut = /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:skip|only|todo)\b|\b[xf](?:it|describe)\(/;
const machinePath = /(?:^|[^\w.~-])\/(?:home|Users|root|work)\/\w|\b[A-Z]:\\\\?Users\b/;
const registry = /registry\.npm|\bpypi\.org|pythonhosted\.org/;

describe('the texts of the project', () => {
  it('are found by these tests', () => {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'docker-compose.yml', 'src/main.ts', 'docker/Dockerfile']),
    );
    expect(below('src').length).toBeGreaterThan(100);
  });

  it('leave no test out', () => {
    expect(found(below('tests'), leftOut)).toEqual([]);
  });

  it('leave nothing for later', () => {
    expect(
      found(below('src', 'tests', 'bench', 'simulation', 'torture', 'tools', 'docs', 'docker'), unfinished),
    ).toEqual([]);
  });

  it('name no path of one machine', () => {
    expect(found(files, machinePath)).toEqual([]);
  });

  it('name no package registry: the user has one configured', () => {
    expect(found(files, registry)).toEqual([]);
  });

  it('live where their noun lives: no drawer for everything', () => {
    const drawers = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'types', 'misc', 'shared', 'lib']);
    const parts = below('src', 'tests', 'bench', 'simulation', 'torture', 'tools').flatMap(({ path }) => [
      ...dirname(path).split(sep),
      basename(path).split('.')[0] ?? '',
    ]);
    expect(parts.filter((part) => drawers.has(part))).toEqual([]);
  });

  it('have names in kebab-case', () => {
    const names = below('src', 'tests', 'bench', 'simulation', 'torture', 'tools').map(({ path }) => basename(path));
    const code = names.filter((name) => name.endsWith('.ts'));
    expect(code.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/.test(name))).toEqual([]);
  });
});

describe('the patterns behind these tests', () => {
  it.each([
    [leftOut, 'it', '.skip'],
    [leftOut, 'describe', '.only'],
    [leftOut, 'it', '.concurrent.todo'],
    [leftOut, 'x', 'it('],
    [unfinished, 'TO', 'DO: later'],
    [machinePath, '/home', '/alice/daybook'],
    [machinePath, 'see /Users', '/alice'],
    [registry, 'https://registry', '.npmjs.org'],
    [registry, 'https://pypi', '.org/simple'],
  ])('%s finds %s%s', (pattern, beginning, end) => {
    expect(pattern.test(beginning + end)).toBe(true);
  });
});
