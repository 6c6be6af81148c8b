import { describe, expect, it } from 'vitest';
import {
  isSampled,
  newTraceContext,
  traceContextIn,
  traceHeadersOf,
  traceparentOf,
} from '../../../src/application/tracing/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const good = `00-${traceId}-${spanId}-01`;

describe('a traceparent', () => {
  it.each([
    [good, 1],
    [`00-${traceId}-${spanId}-00`, 0],
    // Level 2: a random trace id.
    [`00-${traceId}-${spanId}-03`, 3],
    // Flags that nobody knows are not passed on.
    [`00-${traceId}-${spanId}-ff`, 3],
    // What a later version may look like.
    [`01-${traceId}-${spanId}-01`, 1],
    [`cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, 1],
  ])('%s names a place in a trace', (traceparent, flags) => {
    expect(traceContextIn({ traceparent })).toEqual({ traceId, spanId, flags });
  });

  it.each([
    '',
    'nonsense',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-01-`,
    `00-${traceId}-${spanId}-010`,
    `01-${traceId}-${spanId}-01.more`,
    `ff-${traceId}-${spanId}-01`,
    `0-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    `00-${traceId}-${spanId.slice(1)}g-01`,
    `00-${traceId}-${spanId}-0g`,
    ` ${good}`,
    // Two of them, as Node joins them.
    `${good}, ${good}`,
  ])('that is none counts as if there were none: %s', (traceparent) => {
    expect(traceContextIn({ traceparent, tracestate: 'vendor=value' })).toBeUndefined();
  });

  it('is sampled by its first flag', () => {
    expect([0, 1, 2, 3].map((flags) => isSampled({ traceId, spanId, flags }))).toEqual([false, true, false, true]);
  });

  it('is passed on with its tracestate', () => {
    const context = traceContextIn({ traceparent: good, tracestate: 'one=1,two=2' });
    expect(context && traceHeadersOf(context)).toEqual({ traceparent: good, tracestate: 'one=1,two=2' });
  });

  it.each(['', 'x'.repeat(513), 'umlaut=ä', 'two\tlines'])('is passed on without the tracestate %j', (tracestate) => {
    const context = traceContextIn({ traceparent: good, tracestate });
    expect(context && traceHeadersOf(context)).toEqual({ traceparent: good });
  });
});

describe('a trace that begins here', () => {
  it('has ids of its own, says that nobody writes it down, and is read as it was written', () => {
    const [one, other] = [newTraceContext(), newTraceContext()];
    expect(one.traceId).not.toBe(other.traceId);
    expect(one.spanId).not.toBe(other.spanId);
    expect(traceContextIn({ traceparent: traceparentOf(one) })).toEqual({ ...one, flags: 0 });
  });
});
