import { expect, it } from 'vitest';
import { time } from '../../../src/http/schemas/time.ts';

const problemsOf = (text: string): readonly string[] =>
  time.safeParse(text).error?.issues.map(({ message }) => message) ?? [];

it('a plus sign that an address has turned into a blank is told of', () => {
  expect(problemsOf('2026-03-15T14:47:00+01:00')).toEqual([]);
  expect(problemsOf('2026-03-15T14:47:00 01:00')).toEqual([
    'must be a date and time with zone, such as 2026-03-15T14:47:00Z; in an address, + is written %2B',
  ]);
  for (const text of ['yesterday', '2026-03-15 14:47:00Z', '2026-03-15T14:47:00']) {
    expect(problemsOf(text)).toEqual(['must be a date and time with zone, such as 2026-03-15T14:47:00Z']);
  }
});
