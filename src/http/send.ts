import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Response } from 'express';
import helmet from 'helmet';
import { traceparentOf } from '../application/tracing/trace-context.ts';
import { requestIdOf, traceOf } from './middleware/request-context.ts';

type Headers = Readonly<Record<string, string>>;

/** In seconds: what is retryable may be sent again then. */
export const RETRY_AFTER = { 'Retry-After': '1' } as const;

const policy = helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });

/** What helmet says about an answer of the API. It is the same for all of them, so it is asked once. */
const securityHeaders = ((): readonly string[] => {
  const headers: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    removeHeader: () => undefined,
  };
  const request: unknown = {};
  policy(request as IncomingMessage, recorder as unknown as ServerResponse, () => undefined);
  return headers;
})();

/** Sends a whole answer, its head in one piece: setting headers one by one costs more than parsing the request. */
export const send = (
  response: Response,
  { status, type, body, headers = {} }: { status: number; type?: string; body: string; headers?: Headers },
): void => {
  const trace = traceparentOf(traceOf(response));
  const head = [...securityHeaders, 'X-Request-Id', requestIdOf(response), 'traceparent', trace];
  for (const [name, value] of Object.entries(headers)) head.push(name, value);
  if (type !== undefined)
    head.push('Content-Type', `${type}; charset=utf-8`, 'Content-Length', Buffer.byteLength(body).toString());
  response.writeHead(status, head);
  response.end(body);
};

/** Whether the caller has this version already (RFC 9110 §13.1.2). */
const isFresh = (response: Response, etag: string | undefined): boolean => {
  if (etag === undefined || response.req.headers['if-none-match'] === undefined) return false;
  response.setHeader('ETag', etag);
  return response.req.fresh;
};

/** Sends what a query found, or that it is what the caller has already. */
export const sendFound = (response: Response, type: string, body: string, headers: Headers = {}): void => {
  if (isFresh(response, headers.ETag)) {
    response.removeHeader('ETag');
    send(response, { status: 304, body: '', headers });
  } else send(response, { status: 200, type, body, headers });
};
