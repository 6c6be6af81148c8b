import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { Services } from './http/services.ts';
import { errorHandler } from './http/middleware/error-handler.ts';
import { requestContext } from './http/middleware/request-context.ts';
import { routerOver } from './http/router.ts';

/** The HTTP side of Daybook, from its dependencies; no I/O until a request comes. */
export const createApp = (services: Services, log: Logger): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  const { isDraining, metrics, tracer } = services;
  app.use(requestContext(log, { isDraining, onAnswered: metrics.answered, tracer }));
  app.use(routerOver(services));
  app.use(errorHandler(services.access));
  return app;
};
