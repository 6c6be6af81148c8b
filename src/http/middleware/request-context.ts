import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { newId } from '../../application/new-id.ts';
import type { RequestSpan, Tracer } from '../../application/ports/tracer.ts';
import { newTraceContext, type TraceContext, traceContextIn } from '../../application/tracing/trace-context.ts';

const acceptableId = /^[A-Za-z0-9._-]{1,64}$/;

/** The request's own id: the caller's X-Request-Id where it is a plain token, a new one otherwise. */
export const requestIdOf = (response: Response): string => response.locals.requestId as string;

/**
 * The place in a trace that this request has for others: its own span where requests are written down, else the one that it came with,
 * or the beginning of a trace.
 */
export const traceOf = (response: Response): TraceContext => response.locals.trace as TraceContext;

/** The span of this request; undefined where requests are not written down. */
export const spanOf = (response: Response): TraceContext | undefined =>
  (response.locals.span as RequestSpan | undefined)?.context;

/** The matched route pattern, never the address itself: ids of people's accounts stay out of the log. */
export const setRoute = (response: Response, route: string): void => {
  response.locals.route = route;
};

/** Writes down what nobody expected while this request was served. */
export const logFailure = (response: Response, error: unknown): void => {
  const { traceId } = traceOf(response);
  (response.locals.log as Logger).error({ err: error, id: requestIdOf(response), traceId }, 'request failed');
};

/** Hears of every request when it ends, after so many seconds. */
export type OnAnswered = (
  request: { readonly method: string; readonly route: string; readonly status: number },
  seconds: number,
) => void;

type Context = { readonly isDraining: () => boolean; readonly onAnswered: OnAnswered; readonly tracer: Tracer };

/** Names the trace that a request belongs to; gives its span where requests are written down. */
const traceRequest = (tracer: Tracer, { method, headers }: Request, response: Response): RequestSpan | undefined => {
  const from = traceContextIn(headers);
  const span = tracer.beginRequest({ id: requestIdOf(response), method }, from);
  response.locals.span = span;
  response.locals.trace = span?.context ?? from ?? newTraceContext();
  return span;
};

/** Names every request, and writes one line about each when it ends: id, trace, method, route, status, milliseconds. */
export const requestContext =
  (log: Logger, { isDraining, onAnswered, tracer }: Context): RequestHandler =>
  (request, response, next) => {
    const started = performance.now();
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && acceptableId.test(given) ? given : newId();
    response.locals.requestId = id;
    response.locals.log = log;
    const span = traceRequest(tracer, request, response);
    if (isDraining()) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const route = (response.locals.route as string | undefined) ?? 'unmatched';
      const { method } = request;
      const { statusCode: status } = response;
      const took = performance.now() - started;
      onAnswered({ method, route, status }, took / 1_000);
      const { traceId } = traceOf(response);
      const line = { id, traceId, method, route, status, responseTime: Math.round(took * 100) / 100 };
      const aborted = !response.writableFinished;
      log.info(aborted ? { ...line, aborted } : line, 'request');
      span?.end({ route, status, aborted });
    });
    next();
  };
