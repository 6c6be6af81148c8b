import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer as SpanMaker,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Command } from '../application/commands/command.ts';
import type { Log } from '../application/ports/log.ts';
import type { RequestSpan, Tracer } from '../application/ports/tracer.ts';
import { isSampled, type TraceContext } from '../application/tracing/trace-context.ts';
import type { Tracing, TracingSettings } from './tracing.ts';

// So many requests can be behind one commit.
const MOST_LINKS = 1_000;

// What a collector does not take within that time at the end is lost.
const LONGEST_GOODBYE = 2_000;

/** Says once that spans do not arrive, and once that they do again. */
class ToldExporter implements SpanExporter {
  #isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: Log,
  ) {}

  export(...[spans, onResult]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      const isFailing = result.error !== undefined;
      if (isFailing && !this.#isFailing) this.log.warn({ err: result.error }, 'spans cannot be exported');
      if (!isFailing && this.#isFailing) this.log.info({}, 'spans are exported again');
      this.#isFailing = isFailing;
      onResult(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}

const spanContextOf = ({ traceId, spanId, flags, state }: TraceContext): SpanContext => ({
  traceId,
  spanId,
  traceFlags: flags,
  isRemote: true,
  ...(state !== undefined && { traceState: createTraceState(state) }),
});

const traceContextOf = (span: Span): TraceContext => {
  const { traceId, spanId, traceFlags: flags, traceState } = span.spanContext();
  const state = traceState?.serialize() ?? '';
  return { traceId, spanId, flags, ...(state !== '' && { state }) };
};

const below = (parent: TraceContext | undefined): Context =>
  parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT;

const fail = (span: Span, type: string): void => {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
};

const requestSpan = (span: Span, method: string): RequestSpan => ({
  context: traceContextOf(span),
  end: ({ route, status, aborted }) => {
    // The address itself stays out of it: it names people's accounts.
    if (route !== 'unmatched') span.updateName(`${method} ${route}`).setAttribute('http.route', route);
    span.setAttribute('http.response.status_code', status);
    if (aborted) fail(span, 'aborted');
    else if (status >= 500) fail(span, String(status));
    span.end();
  },
});

/** The sampled spans of these commands' requests, each once. */
const requestsOf = (commands: readonly Command[]): readonly TraceContext[] => {
  const spans = commands.map(({ envelope }) => envelope.span).filter((span) => span !== undefined);
  return [...new Map(spans.filter(isSampled).map((span) => [span.spanId, span])).values()];
};

const tracerOver = (maker: SpanMaker): Tracer => ({
  beginRequest: ({ id, method }, from) => {
    const attributes = { 'http.request.method': method, 'daybook.request_id': id };
    return requestSpan(maker.startSpan(method, { kind: SpanKind.SERVER, attributes }, below(from)), method);
  },
  commit: async (commands, work) => {
    const requests = requestsOf(commands);
    if (requests.length === 0) return work();
    const links = requests.map((request) => ({ context: spanContextOf(request) }));
    const attributes = { 'daybook.commands': commands.length };
    const span = maker.startSpan('commit', { links, attributes }, below(requests[0]));
    try {
      await work();
    } catch (error) {
      // Its name only: an error of the driver carries the documents it was about.
      fail(span, error instanceof Error ? error.name : 'unknown');
      throw error;
    } finally {
      span.end();
    }
  },
});

/** Spans by OTLP over HTTP, as JSON, some seconds behind what they tell. Those that a collector does not take in time are dropped. */
export const openTelemetry = ({ endpoint, serviceName, ratio }: TracingSettings, log: Log): Tracing => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { linkCountLimit: MOST_LINKS },
    spanProcessors: [new BatchSpanProcessor({ exporter: new ToldExporter(exporter, log) })],
  });
  const close = async (): Promise<void> => {
    const goodbye = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_GOODBYE));
    // That they did not arrive has been told.
    await Promise.race([provider.shutdown().catch(() => undefined), goodbye]);
  };
  return { tracer: tracerOver(provider.getTracer('daybook')), close };
};
