import type { Tracer } from '../application/ports/tracer.ts';

export type Tracing = {
  readonly tracer: Tracer;
  /** Hands over what has not been exported yet, and waits for that no longer than two seconds. */
  readonly close: () => Promise<void>;
};

export type TracingSettings = {
  /** Where a collector takes OTLP over HTTP. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** The part of the traces that begin here which is written down. */
  readonly ratio: number;
};
