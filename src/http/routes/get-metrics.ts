import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { send } from '../send.ts';

// Version 0.0.4 of the text format, as every Prometheus reads it.
const CONTENT_TYPE = 'text/plain; version=0.0.4';

export const getMetrics = defineEndpoint({
  method: 'get',
  path: '/metrics',
  id: 'getMetrics',
  tag: 'Health',
  scope: 'audit:read',
  summary: 'What Prometheus asks for',
  answers: { 200: { description: 'In the text format of Prometheus.', text: true, schema: z.string() } },
  rejects: [],
  handle: async ({ metrics }, { response }) => {
    const body = await metrics.text();
    send(response, { status: 200, type: CONTENT_TYPE, body, headers: { 'Cache-Control': 'no-store' } });
  },
});
