import { z } from 'zod';

const fraction = 'must be a number from 0 to 1';

/** Under the names that OpenTelemetry gives them everywhere. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must start with http:// or https://')
    .optional()
    .describe(
      'Where spans go: an OpenTelemetry collector that takes OTLP over HTTP, such as `http://localhost:4318`. Left out: none are made.',
    ),
  OTEL_SERVICE_NAME: z.string().min(1).default('daybook').describe('Name of this service in spans.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number(fraction)
    .min(0, fraction)
    .max(1, fraction)
    .default(1)
    .describe('The part of the traces beginning here that spans are made of, from 0 to 1; in others, the caller says.'),
};
