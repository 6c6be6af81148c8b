import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { newId } from '../../application/new-id.ts';

const acceptableId = /^[A-Za-z0-9._-]{1,64}$/;

/** The request's own id: the caller's X-Request-Id where it is a plain token, a new one otherwise. */
export const requestIdOf = (response: Response): string => response.locals.requestId as string;

/** The matched route pattern, never the address itself: ids of people's accounts stay out of the log. */
export const setRoute = (response: Response, route: string): void => {
  response.locals.route = route;
};

/** Writes down what nobody expected while this request was served. */
export const logFailure = (response: Response, error: unknown): void => {
  (response.locals.log as Logger).error({ err: error, id: requestIdOf(response) }, 'request failed');
};

/** Hears of every request when it ends, after so many seconds. */
export type OnAnswered = (
  request: { readonly method: string; readonly route: string; readonly status: number },
  seconds: number,
) => void;

type Context = { readonly isDraining: () => boolean; readonly onAnswered: OnAnswered };

/** Names every request, and writes one line about each when it ends: id, method, route, status, milliseconds. */
export const requestContext =
  (log: Logger, { isDraining, onAnswered }: Context): RequestHandler =>
  (request, response, next) => {
    const started = performance.now();
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && acceptableId.test(given) ? given : newId();
    response.locals.requestId = id;
    response.locals.log = log;
    if (isDraining()) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const route = (response.locals.route as string | undefined) ?? 'unmatched';
      const { method } = request;
      const { statusCode: status } = response;
      const took = performance.now() - started;
      onAnswered({ method, route, status }, took / 1_000);
      const line = { id, method, route, status, responseTime: Math.round(took * 100) / 100 };
      if (response.writableFinished) log.info(line, 'request');
      else log.info({ ...line, aborted: true }, 'request');
    });
    next();
  };
