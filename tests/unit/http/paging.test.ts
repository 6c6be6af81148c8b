import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RequestError } from '../../../src/http/problem-details.ts';
import { cursor, decodeCursor, encodeCursor, limit } from '../../../src/http/schemas/paging.ts';

const position = z.strictObject({ version: z.int().min(1) });

const raw = (content: string): string => Buffer.from(content).toString('base64url');

describe('a cursor', () => {
  it('leads back to where the page ended', () => {
    const text = encodeCursor('events', { version: 7 });
    expect(cursor.parse(text)).toBe(text);
    expect(decodeCursor('events', text, position)).toStrictEqual({ version: 7 });
  });

  const refused: readonly [string, string][] = [
    ['of another list', encodeCursor('accounts', { version: 7 })],
    ['of a list whose name begins alike', encodeCursor('events2', { version: 7 })],
    ['with another position', encodeCursor('events', { version: 0 })],
    ['with more than a position', encodeCursor('events', { version: 7, admin: true })],
    ['with a position of text', encodeCursor('events', { version: '7' })],
    ['without a position', raw('["events"]')],
    ['with something behind the position', raw('["events",{"version":7},1]')],
    ['that is no list', raw('{"0":"events","1":{"version":7}}')],
    ['that is no JSON', raw('events 7')],
    ['that is null', raw('null')],
    ['cut off', encodeCursor('events', { version: 7 }).slice(0, -4)],
    ['made of nothing', ''],
    ['made of chance', 'AAAA-_09'],
  ];

  it.each(refused)('%s is refused', (_, text) => {
    let error: unknown;
    try {
      decodeCursor('events', text, position);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      faults: [{ in: 'query', at: 'cursor', detail: 'is not a cursor of this list' }],
    });
  });

  it.each(['', 'a b', 'a=', 'a+b', 'ä', 'x'.repeat(501)])('never looks like %j', (text) => {
    expect(cursor.safeParse(text).success).toBe(false);
  });
});

describe('a limit', () => {
  it('is 50 where it is left out', () => {
    expect(limit.parse(undefined)).toBe(50);
  });

  it.each([
    ['1', 1],
    ['200', 200],
  ])('may be %s', (text, value) => {
    expect(limit.parse(text)).toBe(value);
  });

  it.each(['0', '201', '999', '1000', '-1', '1.5', '1e2', '01', ' 1', '', 'many', '0x1'])('may not be %j', (text) => {
    expect(limit.safeParse(text).success).toBe(false);
  });
});
