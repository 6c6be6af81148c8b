import { describe, expect, it } from 'vitest';
import { metadata, party, reason, reference } from '../../../src/http/schemas/text.ts';

describe('text from a person', () => {
  it.each(['a', 'Miete März', '家賃', '👍🏽', 'a "b" \\ <c>', ' ', 'x'.repeat(140)])('may be %j', (value) => {
    expect(reference.parse(value)).toBe(value);
    expect(party.parse(value)).toBe(value);
    expect(reason.parse(value)).toBe(value);
  });

  const refused = ['', '\n', 'a\tb', '\u0000', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\ud800', 'a\udc00b'];

  it.each(refused)('may not be %j', (value) => {
    expect(reference.safeParse(value).success).toBe(false);
    expect(party.safeParse(value).success).toBe(false);
    expect(reason.safeParse(value).success).toBe(false);
    expect(metadata.safeParse({ name: value }).success).toBe(false);
  });

  it('has a length', () => {
    expect(reference.safeParse('x'.repeat(141)).success).toBe(false);
    expect(party.safeParse('x'.repeat(141)).success).toBe(false);
    expect(reason.safeParse('x'.repeat(500)).success).toBe(true);
    expect(reason.safeParse('x'.repeat(501)).success).toBe(false);
  });

  it('is text and nothing else', () => {
    for (const value of [1, null, true, ['a'], { a: 'a' }, undefined]) {
      expect(reference.safeParse(value).success).toBe(false);
    }
  });
});

describe('metadata', () => {
  const members = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 'v']));

  it('has up to twenty members', () => {
    expect(metadata.parse(members(20))).toStrictEqual(members(20));
    expect(metadata.parse({})).toStrictEqual({});
    expect(metadata.safeParse(members(21)).success).toBe(false);
  });

  it.each(['a', 'A.b_c-9', '9', 'constructor', 'x'.repeat(64)])('may name a member %j', (name) => {
    expect(metadata.parse({ [name]: 'v' })).toStrictEqual({ [name]: 'v' });
  });

  it.each(['', '_a', '.a', '-a', 'a b', '$a', 'a$', 'ä', 'x'.repeat(65)])('may not name a member %j', (name) => {
    expect(metadata.safeParse({ [name]: 'v' }).success).toBe(false);
  });

  it('has text values only, of up to 500', () => {
    expect(metadata.safeParse({ a: 'x'.repeat(500) }).success).toBe(true);
    expect(metadata.safeParse({ a: 'x'.repeat(501) }).success).toBe(false);
    expect(metadata.safeParse({ a: 1 }).success).toBe(false);
    expect(metadata.safeParse({ a: { b: 'c' } }).success).toBe(false);
    expect(metadata.safeParse(['a']).success).toBe(false);
  });
});
