import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventAsRecorded } from '../../../src/application/ports/event-as-recorded.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { canonicalEvent, leafOf } from '../../../src/journal/canonical-event.ts';
import { leafHash } from '../../../src/journal/merkle/hash.ts';

const deposited: EventAsRecorded = {
  eventId: '01890a5d-ac96-774b-bcce-b302099a8057',
  streamId: 'account-alice',
  version: 2,
  type: 'MoneyDeposited',
  schemaVersion: 1,
  data: { currency: 'EUR', amount: 10_000n, metadata: { b: '2', a: '1' } },
  metadata: { correlationId: 'c', causationId: 'c', actor: 'teller', command: 'DepositMoney' },
  recordedAt: instant(Date.UTC(2026, 2, 15, 14, 47, 0, 5)),
  effectiveAt: instant(Date.UTC(2026, 2, 15)),
};

/** The canonical text of a value, as the data of an event. */
const textOf = (value: unknown): string => {
  const text = canonicalEvent({ ...deposited, data: { value } });
  return text.slice('{"data":{"value":'.length, text.indexOf('},"effectiveAt":"'));
};

describe('the canonical text of an event', () => {
  // What was sealed is checked against this text for ever: a version of Daybook that writes it otherwise breaks every proof.
  it('is what it has always been', () => {
    expect(canonicalEvent(deposited)).toBe(
      '{"data":{"amount":10000,"currency":"EUR","metadata":{"a":"1","b":"2"}},"effectiveAt":"2026-03-15T00:00:00.000Z",' +
        '"eventId":"01890a5d-ac96-774b-bcce-b302099a8057","metadata":{"actor":"teller","causationId":"c","command":"DepositMoney",' +
        '"correlationId":"c"},"recordedAt":"2026-03-15T14:47:00.005Z","schemaVersion":1,"streamId":"account-alice",' +
        '"type":"MoneyDeposited","version":2}',
    );
    expect(leafOf(deposited).toString('hex')).toBe('10879912a7c70a79916a9cca0af2df682cc5f2534bb990544bbe832e8f23bef2');
  });

  it('is hashed as a leaf, in UTF-8', () => {
    const event = { ...deposited, data: { reference: 'für Zoë 💶' } };
    expect(leafOf(event)).toEqual(leafHash(Buffer.from(canonicalEvent(event), 'utf8')));
  });

  it('does not depend on the order of members, at any depth', () => {
    const data = { metadata: { a: '1', b: '2' }, amount: 10_000n, currency: 'EUR' };
    expect(canonicalEvent({ ...deposited, data })).toBe(canonicalEvent(deposited));
  });

  it('differs for events that differ in anything', () => {
    const others: readonly Partial<EventAsRecorded>[] = [
      { eventId: '01890a5d-ac96-774b-bcce-b302099a8058' },
      { streamId: 'account-bob' },
      { version: 3 },
      { type: 'MoneyWithdrawn' },
      { schemaVersion: 2 },
      { data: { ...deposited.data, amount: 10_001n } },
      { metadata: { ...deposited.metadata, actor: 'robot' } },
      { recordedAt: instant(deposited.recordedAt + 1) },
      { effectiveAt: instant(deposited.effectiveAt + 1) },
    ];
    const texts = [{}, ...others].map((other) => canonicalEvent({ ...deposited, ...other }));
    expect(new Set(texts).size).toBe(others.length + 1);
  });
});

describe('a value of an event', () => {
  it('is sorted as in RFC 8785 §3.2.3: by UTF-16 code units, not by characters', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const names = [...textOf(value).matchAll(/:"([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('has the texts of RFC 8785 §3.2.2.2', () => {
    expect(textOf('\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"\u002f')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  it('keeps every amount to the unit', () => {
    expect(textOf([0n, -1n, 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)])).toBe(
      '[0,-1,9007199254740991,9223372036854775807,-9223372036854775808]',
    );
  });

  it('is written without white space, and nothing twice', () => {
    expect(textOf({ list: [1, true, false, {}, []], name: '', n: -0 })).toBe(
      '{"list":[1,true,false,{},[]],"n":0,"name":""}',
    );
  });

  it('is a member like any other, whatever its name', () => {
    const named = JSON.parse('{"__proto__":"x","constructor":"y","":"z"}') as unknown;
    expect(textOf(named)).toBe('{"":"z","__proto__":"x","constructor":"y"}');
  });

  it('is read by JSON.parse as it was, and written again as it was', () => {
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.array(tie('value')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        const read = JSON.parse(textOf(value)) as unknown;
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
        expect(textOf(read)).toBe(textOf(value));
      }),
    );
  });

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['a hole in a list', [, 1]],
    ['a fraction', 0.1],
    ['a number beyond 2^53 − 1', 2 ** 53],
    ['no number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a date', new Date(0)],
    ['bytes', Buffer.from('x')],
    ['a map', new Map()],
    ['a function', () => 1],
    ['half a surrogate pair', '\ud83d'],
    ['half a surrogate pair in a name', { '\ude00': 1 }],
    ['one of these deep inside', { a: [{ b: null }] }],
  ])('is refused where it is %s', (_, value) => {
    expect(() => textOf(value)).toThrow('has no canonical form');
  });
});
