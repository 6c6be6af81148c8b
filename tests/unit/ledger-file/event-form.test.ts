import { describe, expect, it } from 'vitest';
import type { EventAsRecorded } from '../../../src/application/ports/event-as-recorded.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { canonicalEvent } from '../../../src/journal/canonical-event.ts';
import { eventFrom, type Form, formOf } from '../../../src/ledger-file/event-form.ts';
import { noon } from '../../support/recorded-events.ts';

const eventWith = (data: EventAsRecorded['data']): EventAsRecorded => ({
  eventId: 'event',
  streamId: 'account-a',
  version: 7,
  type: 'Anything',
  schemaVersion: 3,
  data,
  metadata: { correlationId: 'request', actor: 'anonymous' },
  recordedAt: instant(noon),
  effectiveAt: instant(noon - 1),
});

const formIn = (event: EventAsRecorded): readonly [Form, Form] => JSON.parse(formOf(event)) as readonly [Form, Form];

/** Where an object has its members in another order, this is another text. */
const inText = (event: EventAsRecorded | undefined): string =>
  JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

describe('the form of an event', () => {
  it.each([
    ['amounts and counts side by side', { zero: 0, amount: 0n, count: 1, owed: -5n, most: 9_007_199_254_740_991n }],
    ['members in an order of their own', { z: 'last', a: { y: 1n, b: 'x' }, m: true }],
    ['lists of amounts, and of objects', { amounts: [1n, 2, 'three'], parts: [{ b: 1n, a: 2 }, {}], none: [] }],
    ['names that mean something to JavaScript', JSON.parse('{"__proto__":{"z":1,"a":2},"constructor":"x"}') as object],
    ['text that JSON writes in its own way', { text: '"\\\n\u2028é€😀\u0000' }],
  ])('brings back %s', (_what, data) => {
    const event = eventWith(data as EventAsRecorded['data']);
    expect(inText(eventFrom(canonicalEvent(event), formIn(event)))).toBe(inText(event));
  });

  it('gives nothing where the text is not all of the event', () => {
    const event = eventWith({ amount: 1n, reference: 'rent' });
    const text = canonicalEvent(event);
    const [, metadata] = formIn(event);
    const wrong: readonly Form[] = [
      { amount: 1 },
      { reference: 0, amount: 1, more: 0 },
      { amount: 1, reference: 1 },
      { amount: [0], reference: 0 },
      [],
    ];
    for (const form of wrong) expect(eventFrom(text, [form, metadata])).toBeUndefined();
    expect(eventFrom(text.replace('rent', 'r\\u0065nt'), formIn(event))).toBeUndefined();
    expect(eventFrom(`${text} `, formIn(event))).toBeUndefined();
    expect(eventFrom('not JSON', formIn(event))).toBeUndefined();
    expect(eventFrom('null', formIn(event))).toBeUndefined();
  });
});
