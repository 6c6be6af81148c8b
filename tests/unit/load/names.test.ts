import { describe, expect, it } from 'vitest';
import { namesOf } from '../../../src/load/names.ts';

const names = namesOf('c0ffee');

describe('the names of a run', () => {
  it.each([0, 1, 2, 65_535, 65_536, 123_456_789, 2 ** 32 - 1])('lead from a key back to its command: %d', (place) => {
    expect(names.ownerOf(names.commandKey(place))).toEqual({ of: 'command', place });
    expect(names.ownerOf(names.openingKey(place))).toEqual({ of: 'opening', place });
  });

  it('never give two commands one key', () => {
    const keys = Array.from({ length: 10_000 }, (_, place) => names.commandKey(place));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('give keys that do not ascend', () => {
    const keys = Array.from({ length: 100 }, (_, place) => names.commandKey(place));
    expect(keys.toSorted()).not.toEqual(keys);
  });

  it.each([namesOf('other').commandKey(1), 'something', '', '00000001-do-', `${names.commandKey(1)}0`])(
    'know no key of somebody else: %s',
    (key) => {
      expect(names.ownerOf(key)).toBeUndefined();
    },
  );

  it('are ids that the API takes', () => {
    expect(names.accountId(9_999_999)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  });
});
