import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../src/http/middleware/strict-json.ts';
import { RequestError } from '../../../src/http/problem-details.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text, 'utf8'));

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a body that every reader reads alike', () => {
  const bodies = [
    '{}',
    '[]',
    '"text"',
    'null',
    '0',
    '-1',
    '9007199254740991',
    ' { "a" : [ 1 , { "a" : 2 } ] , "b" : true } ',
    '{"a":{"x":1},"b":{"x":2}}',
    '[{"a":1},{"a":1}]',
    '{"a":"1.5 1e2 -0 {\\"a\\":1,\\"a\\":2} [[["}',
    '{"a\\\\":1,"a":2}',
    '{"a":"\\\\","b":"\\\\\\""}',
    '{"":1}',
    '"\u2028"',
    nested(16),
  ];

  it.each(bodies)('%s', (text) => {
    expect(parse(text)).toStrictEqual({ value: JSON.parse(text) as unknown, faults: [] });
  });

  it('may be as large as bodies may be', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(16_000), b: 'x'.repeat(32_000) });
    expect(parse(text).faults).toStrictEqual([]);
  });
});

describe('a member that is given twice', () => {
  const bodies: readonly [string, string][] = [
    ['{"amount":1,"amount":2}', '/amount'],
    ['{"amount":1,"\\u0061mount":2}', '/amount'],
    ['{"\\u0061mount":1,"amoun\\u0074":2}', '/amount'],
    ['{"a":1,"b":2,"a":1}', '/a'],
    ['{"":1,"":2}', '/'],
    ['{"a":{"b":1,"b":2}}', '/a/b'],
    ['{"a":[0,{"b":1,"b":2}]}', '/a/1/b'],
    ['{"a/b":1,"a/b":2}', '/a~1b'],
    ['{"a~b":1,"a~b":2}', '/a~0b'],
    ['{"a" :1,"a"\n:2}', '/a'],
    ['{"a":{"x":1},"a":{"y":1}}', '/a'],
  ];

  it.each(bodies)('%s', (text, at) => {
    expect(parse(text).faults).toStrictEqual([{ in: 'body', at, detail: 'is given twice' }]);
  });

  it('is named each time', () => {
    expect(parse('{"a":1,"a":2,"a":3,"b":1,"b":2}').faults.map(({ at }) => at)).toStrictEqual(['/a', '/a', '/b']);
  });
});

describe('a number that is no plain integer', () => {
  it.each(['1e2', '1E2', '1e+2', '1e-2', '1.0', '1.5', '-0', '0.0', '-0.0', '-1.5', '1e400', '0e0'])('%s', (digits) => {
    expect(parse(`{"amount":${digits}}`).faults).toStrictEqual([
      { in: 'body', at: '/amount', detail: `${digits} is not a plain integer` },
    ]);
  });

  it('is found wherever it stands', () => {
    expect(parse('1.5').faults.map(({ at }) => at)).toStrictEqual(['']);
    expect(parse('[1,2.5,[-0]]').faults.map(({ at }) => at)).toStrictEqual(['/1', '/2/0']);
  });

  it('is not repeated at length', () => {
    expect(parse(`1.${'0'.repeat(1_000)}`).faults[0]?.detail.length).toBeLessThan(100);
  });
});

describe('what cannot be read', () => {
  const unreadable: readonly [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['white space', Buffer.from('  ')],
    ['a leading zero', Buffer.from('{"amount":01}')],
    ['a plus sign', Buffer.from('{"amount":+1}')],
    ['hexadecimal digits', Buffer.from('{"amount":0x10}')],
    ['NaN', Buffer.from('{"amount":NaN}')],
    ['a missing brace', Buffer.from('{"amount":1')],
    ['something behind the end', Buffer.from('{}{}')],
    ['a comma too many', Buffer.from('{"amount":1,}')],
    ['a comment', Buffer.from('{/* */}')],
    ['single quotes', Buffer.from("{'amount':1}")],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['a control character in text', Buffer.from('{"a":"\n"}')],
    ['a byte that is no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['seventeen levels of arrays', Buffer.from(nested(17))],
    ['seventeen levels of objects', Buffer.from('{"a":'.repeat(17) + '1' + '}'.repeat(17))],
    ['endless nesting', Buffer.from(nested(500_000))],
  ];

  it.each(unreadable)('%s', (_, body) => {
    let error: unknown;
    try {
      parseStrictJson(body);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', faults: [{ in: 'body', at: '' }] });
  });
});

describe('a member __proto__', () => {
  const bodies: readonly [string, readonly string[]][] = [
    ['{"__proto__":1}', ['/__proto__']],
    ['{"\\u005f_proto__":1}', ['/__proto__']],
    ['{"__proto__":1,"__proto__":2}', ['/__proto__', '/__proto__']],
    ['{"metadata":{"__proto__":"x"}}', ['/metadata/__proto__']],
    ['[{"a":{"__proto__":{}}}]', ['/0/a/__proto__']],
  ];

  it.each(bodies)('is refused, however it is spelled: %s', (text, places) => {
    const { faults } = parse(text);
    expect(faults.map(({ at }) => at)).toStrictEqual(places);
    expect(new Set(faults.map(({ detail }) => detail))).toStrictEqual(new Set(['is not known here']));
  });

  it('changes no prototype', () => {
    const { value } = parse('{"__proto__":{"admin":true}}');
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });

  it('is only its own name', () => {
    expect(parse('{"proto":1,"__proto":2,"constructor":3,"a":"__proto__"}').faults).toStrictEqual([]);
  });
});

describe('any body', () => {
  /** JSON text, and how much is wrong with it. */
  type Written = readonly [text: string, faults: number];

  const escaped = (text: string): string =>
    text.replaceAll(/[a-z_]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const text = fc.oneof(
    fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
    fc.constantFrom('"1.5"', '"-0"', '"1e2"', '"{\\"a\\":1,"', '"\\\\"', '"\\\\\\""', '":"', '"}"', '"__proto__"'),
  );
  const leaf = fc.oneof(
    fc.constantFrom<Written>(['0', 0], ['-1', 0], ['true', 0], ['false', 0], ['null', 0], ['9007199254740993', 0]),
    fc.constantFrom<Written>(['1.0', 1], ['-0', 1], ['1e2', 1], ['1E2', 1], ['-0.5', 1], ['1e+2', 1]),
    text.map((value): Written => [value, 0]),
  );
  const name = fc
    .constantFrom('a', 'b', 'é', '', 'x"y', '\\', 'proto', '__proto__')
    .chain((value) => fc.constantFrom([value, JSON.stringify(value)], [value, escaped(JSON.stringify(value))]))
    .map(([value, written]) => [value, written] as [string, string]);

  const object = (members: readonly (readonly [[string, string], Written])[]): Written => {
    const names = members.map(([[value]]) => value);
    const repeated = names.filter((value, index) => value !== '__proto__' && names.indexOf(value) < index).length;
    const prototypes = names.filter((value) => value === '__proto__').length;
    const inside = members.reduce((sum, [, [, faults]]) => sum + faults, 0);
    return [
      `{${members.map(([[, written], [value]]) => `${written} : ${value}`).join()}}`,
      repeated + prototypes + inside,
    ];
  };
  const { json } = fc.letrec<{ json: Written }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc
        .array(tie('json'), { maxLength: 4 })
        .map((items): Written => [
          `[${items.map(([value]) => value).join(', ')}]`,
          items.reduce((sum, [, n]) => sum + n, 0),
        ]),
      fc.array(fc.tuple(name, tie('json')), { maxLength: 4 }).map(object),
    ),
  }));

  it('has a fault told for each thing that is wrong with it, and none where nothing is', () => {
    fc.assert(
      fc.property(json, ([written, faults]) => {
        const read = parse(written);
        expect(read.value).toStrictEqual(JSON.parse(written));
        expect(read.faults.length).toBe(Math.min(faults, 100));
      }),
      { numRuns: 3_000 },
    );
  });
});
