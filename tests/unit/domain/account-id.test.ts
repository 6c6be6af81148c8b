import { describe, expect, it } from 'vitest';
import { idPattern } from '../../../src/domain/account/account-id.ts';

describe('an id that comes from outside', () => {
  it.each(['a', 'Z', '7', 'alice', 'a.b_c-D', '0123456789', `a${'-'.repeat(63)}`])('may be %s', (id) => {
    expect(idPattern.test(id)).toBe(true);
  });

  it.each(['', '.a', '_a', '-a', ' a', 'a ', 'a/b', 'a b', 'ä', 'a\n', '\na', `a${'-'.repeat(64)}`])(
    'must not be %j',
    (id) => {
      expect(idPattern.test(id)).toBe(false);
    },
  );
});
