import express, { type Request, type RequestHandler, Router } from 'express';
import { docsRoutes } from './docs.ts';
import type { Endpoint } from './endpoint.ts';
import type { Services } from './services.ts';
import { endpoints } from './endpoints.ts';
import { authenticate, authorize, setOperation } from './middleware/authentication.ts';
import { mustNameThisMachine } from './middleware/this-machine.ts';
import { limitRate } from './middleware/rate-limit.ts';
import { setRoute } from './middleware/request-context.ts';
import { RequestError } from './problem-details.ts';
import { send } from './send.ts';

const isJson = (request: Request): boolean => {
  if (request.headers['content-type'] === 'application/json') return true;
  const [type, ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const isUtf8 = parameters.every(
    (parameter) => !parameter.startsWith('charset=') || /^charset="?utf-8"?$/.test(parameter),
  );
  return type === 'application/json' && isUtf8;
};

const mustBeJson = (request: Request): void => {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  const hasBody = length !== '0' && (length ?? coding) !== undefined;
  if (hasBody && !isJson(request)) throw new RequestError('UNSUPPORTED_MEDIA_TYPE', [], { Accept: 'application/json' });
};

/** What every request to an endpoint passes first: it is named for the logs. */
const entrance =
  ({ path, id }: Endpoint): RequestHandler =>
  (_request, response, next) => {
    setRoute(response, path);
    setOperation(response, id);
    next();
  };

/** Who asks, whether that is too often, and whether it may: before anything of the body is read. */
const doorkeepers = ({ access }: Services): ((endpoint: Endpoint) => readonly RequestHandler[]) => {
  const limits = access.isOpen ? [mustNameThisMachine] : limitRate(access);
  return ({ scope }) => (scope === 'none' ? [] : [authenticate(access), ...limits, authorize(scope)]);
};

// Bytes, not values: the strict reader behind it refuses what JSON.parse would let through.
const readBytes = ({ body, largestBody }: Endpoint): readonly RequestHandler[] => {
  if (!body) return [];
  const onlyJson: RequestHandler = (request, _response, next) => {
    mustBeJson(request);
    next();
  };
  return [onlyJson, express.raw({ type: () => true, limit: largestBody, inflate: false })];
};

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

const methodNotAllowed =
  (allow: string): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'OPTIONS') send(response, { status: 204, body: '', headers: { Allow: allow } });
    else next(new RequestError('METHOD_NOT_ALLOWED', [], { Allow: allow }));
  };

const allowFor = (methods: readonly Endpoint['method'][]): string => {
  const names = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']));
  return [...names, 'OPTIONS'].sort().join(', ');
};

const mustRead: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else methodNotAllowed(allowFor(['get']))(request, response, next);
};

/** Every address of the API. One that is known but asked with another method answers 405, an unknown one 404. */
export const routerOver = (services: Services): Router => {
  const router = Router({ strict: true, caseSensitive: true });
  const doorkeepersOf = doorkeepers(services);
  const paths = new Set(endpoints.map(({ path }) => path));
  for (const path of paths) {
    const siblings = endpoints.filter((endpoint) => endpoint.path === path);
    const route = router.route(expressPath(path));
    for (const endpoint of siblings) {
      const steps = [entrance(endpoint), ...doorkeepersOf(endpoint), ...readBytes(endpoint)];
      route[endpoint.method](...steps, endpoint.handler(services));
    }
    const allow = allowFor(siblings.map(({ method }) => method));
    route.all((_request, response, next) => {
      setRoute(response, path);
      next();
    }, methodNotAllowed(allow));
  }
  router.all(['/openapi.json', '/docs'], mustRead);
  router.use(docsRoutes(endpoints));
  router.use(() => {
    throw new RequestError('ROUTE_NOT_FOUND');
  });
  return router;
};
