import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value)[0]])));

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().default(0), message: z.string().optional() }),
  traceState: z.string().optional(),
});

/** An ExportTraceServiceRequest of OTLP, in JSON. */
const traceExport = z.object({
  resourceSpans: z.array(
    z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(span) })) }),
  ),
});

export type CollectedSpan = z.output<typeof span> & { readonly resource: Readonly<Record<string, unknown>> };

/** Takes spans by OTLP over HTTP, as an OpenTelemetry collector does. */
export class Collector {
  /** Of every export, in the order of their arrival, with what came in it. */
  readonly spans: CollectedSpan[] = [];
  exports = 0;
  /** What is answered; `silence`: nothing. */
  answer: number | 'silence' = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then((status) => {
        if (status !== 'silence') response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
  }

  static async open(): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  /** What OTEL_EXPORTER_OTLP_ENDPOINT has to be. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  named(name: string): readonly CollectedSpan[] {
    return this.spans.filter((collected) => collected.name === name);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<number | 'silence'> {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return 404;
    const body = await json(request);
    this.exports += 1;
    if (this.answer !== 200) return this.answer;
    for (const { resource, scopeSpans } of traceExport.parse(body).resourceSpans)
      for (const { spans } of scopeSpans)
        this.spans.push(...spans.map((one) => ({ ...one, resource: resource.attributes })));
    return 200;
  }
}
