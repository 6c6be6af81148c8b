import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/application/commands/command.ts';
import type { TraceContext } from '../../../src/application/tracing/trace-context.ts';
import { readEnvironment } from '../../../src/config/read-environment.ts';
import { openTracing } from '../../../src/tracing/open-tracing.ts';
import type { Tracing } from '../../../src/tracing/tracing.ts';
import { Collector } from '../../support/collector.ts';
import { commandFor } from '../../support/test-ledger.ts';
import { eur } from '../../support/commands.ts';
import { depositMoney } from '../../support/wishes.ts';

const caller: TraceContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: 1 };
const answered = { route: '/v1/accounts/{accountId}', status: 200, aborted: false };
const NAME = 'GET /v1/accounts/{accountId}';

let collector: Collector;
let tracing: Tracing;
let said: string[];
const say = (_fields: object, message: string): void => void said.push(message);
const log = { info: say, warn: say, error: say };

const openWith = (settings: Record<string, string> = {}): Promise<Tracing> =>
  openTracing(readEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...settings }), log);

beforeEach(async () => {
  collector = await Collector.open();
  said = [];
  tracing = await openWith();
});
afterEach(() => collector.close());

const serve = (from: TraceContext | undefined, how: Partial<typeof answered> = {}): TraceContext => {
  const span = tracing.tracer.beginRequest({ id: 'request-1', method: 'GET' }, from);
  if (!span) throw new Error('no span was made');
  span.end({ ...answered, ...how });
  return span.context;
};

const commandOf = (span: TraceContext): Command => {
  const command = commandFor(depositMoney(eur(1n)));
  return { ...command, envelope: { ...command.envelope, span } };
};

const commit = (spans: readonly TraceContext[], work = (): Promise<void> => Promise.resolve()): Promise<void> =>
  tracing.tracer.commit(spans.map(commandOf), work);

describe('a request', () => {
  it('is a span of the trace that it came with', async () => {
    const context = serve({ ...caller, state: 'vendor=value' });
    expect(context).toMatchObject({ traceId: caller.traceId, flags: 1, state: 'vendor=value' });
    expect(context.spanId).not.toBe(caller.spanId);
    await tracing.close();
    const [span] = collector.named(NAME);
    expect(span).toMatchObject({ ...{ traceId: caller.traceId, spanId: context.spanId, parentSpanId: caller.spanId } });
    expect(span).toMatchObject({ kind: 2, status: { code: 0 }, resource: { 'service.name': 'daybook' } });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/v1/accounts/{accountId}',
      'http.response.status_code': 200,
      'daybook.request_id': 'request-1',
    });
  });

  it('is the root of a new trace where it came with none', async () => {
    const context = serve(undefined);
    await tracing.close();
    expect(collector.spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
      [context.traceId, undefined],
    ]);
  });

  it.each([
    [{ status: 499 }, 0, undefined],
    [{ status: 500 }, 2, '500'],
    [{ status: 503 }, 2, '503'],
    [{ aborted: true }, 2, 'aborted'],
  ])('that ends with %j has the status %d', async (how, code, type) => {
    serve(caller, how);
    await tracing.close();
    expect(collector.spans.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [code, type],
    ]);
  });

  it('has no route in its name where none was found', async () => {
    serve(caller, { route: 'unmatched', status: 404 });
    await tracing.close();
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET']);
  });

  it('of a trace that its caller does not write down is not written down here, and passed on so', async () => {
    expect(serve({ ...caller, flags: 0 })).toMatchObject({ traceId: caller.traceId, flags: 0 });
    await tracing.close();
    expect(collector.exports).toBe(0);
  });

  it('is written down by its caller’s word, or as often as it is set', async () => {
    const never = await openWith({ OTEL_TRACES_SAMPLER_ARG: '0', OTEL_SERVICE_NAME: 'ledger-7' });
    never.tracer.beginRequest({ id: 'begun-here', method: 'GET' }, undefined)?.end(answered);
    never.tracer.beginRequest({ id: 'begun-elsewhere', method: 'GET' }, caller)?.end(answered);
    await never.close();
    expect(collector.spans.map(({ attributes }) => attributes['daybook.request_id'])).toEqual(['begun-elsewhere']);
    expect(collector.spans[0]?.resource['service.name']).toBe('ledger-7');
  });
});

describe('the commit of a batch', () => {
  it('is a span below the first request, with a link to each, once', async () => {
    const [one, other] = [serve(caller), serve(undefined)];
    await commit([one, other, one]);
    await tracing.close();
    const [span] = collector.named('commit');
    expect(span).toMatchObject({ traceId: caller.traceId, parentSpanId: one.spanId, kind: 1, status: { code: 0 } });
    expect(span?.attributes).toEqual({ 'daybook.commands': 3 });
    expect(span?.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      [one.traceId, one.spanId],
      [other.traceId, other.spanId],
    ]);
  });

  it('has a link to each of a thousand requests', async () => {
    await commit(Array.from({ length: 1_000 }, () => serve(undefined)));
    await tracing.close();
    expect(collector.named('commit')[0]?.links).toHaveLength(1_000);
  });

  it('is no span where nobody writes down any of its requests', async () => {
    let committed = 0;
    await commit([{ ...caller, flags: 0 }], () => Promise.resolve(void (committed += 1)));
    await tracing.close();
    expect(committed).toBe(1);
    expect(collector.exports).toBe(0);
  });

  it('that fails is told as failed, without what it was about', async () => {
    class WriteConflict extends Error {
      override readonly name = 'WriteConflict';
    }
    await expect(commit([serve(caller)], () => Promise.reject(new WriteConflict('alice has 7')))).rejects.toThrow(
      'alice has 7',
    );
    await tracing.close();
    const [span] = collector.named('commit');
    expect(span).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'WriteConflict' } });
    expect(JSON.stringify(collector.spans)).not.toContain('alice');
  });
});

describe('a collector', () => {
  // So many are exported at once, without waiting for more.
  const exportOnce = async (): Promise<void> => {
    const before = collector.exports;
    for (let count = 0; count < 512; count += 1) serve(caller);
    await expect.poll(() => collector.exports).toBe(before + 1);
  };

  it('that takes nothing is told of once, and once when it is back', async () => {
    collector.answer = 400;
    await exportOnce();
    await exportOnce();
    await expect.poll(() => said).toEqual(['spans cannot be exported']);
    collector.answer = 200;
    await exportOnce();
    await expect.poll(() => said).toEqual(['spans cannot be exported', 'spans are exported again']);
  });

  it('that does not answer holds nobody up for more than two seconds', async () => {
    collector.answer = 'silence';
    serve(caller);
    const asked = performance.now();
    await tracing.close();
    expect(performance.now() - asked).toBeLessThan(4_000);
    expect(collector.exports).toBe(1);
  });

  it('that is not there holds nobody up either', async () => {
    await collector.close();
    serve(caller);
    const asked = performance.now();
    await tracing.close();
    expect(performance.now() - asked).toBeLessThan(4_000);
    collector = await Collector.open();
  });
});
