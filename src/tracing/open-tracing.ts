import type { Log } from '../application/ports/log.ts';
import { untraced } from '../application/ports/tracer.ts';
import type { Environment } from '../config/environment.ts';
import type { Tracing } from './tracing.ts';

type Settings = Pick<Environment, 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME' | 'OTEL_TRACES_SAMPLER_ARG'>;

/** Without an endpoint nobody writes anything down, and nothing of OpenTelemetry is loaded. */
export const openTracing = async (settings: Settings, log: Log): Promise<Tracing> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = settings;
  if (endpoint === undefined) return { tracer: untraced, close: () => Promise.resolve() };
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry({ endpoint, serviceName, ratio: settings.OTEL_TRACES_SAMPLER_ARG }, log);
};
