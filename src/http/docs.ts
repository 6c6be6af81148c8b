import { Router } from 'express';
import helmet from 'helmet';
// Not from the package's index, which would load the whole browser bundle.
import absolutePath from 'swagger-ui-dist/absolute-path.js';
import { traceparentOf } from '../application/tracing/trace-context.ts';
import type { Endpoint } from './endpoint.ts';
import { requestIdOf, setRoute, traceOf } from './middleware/request-context.ts';
import { openApiOf } from './openapi.ts';
import { sendFound } from './send.ts';

// No script and no style stand in the page itself, so that the strict content security policy holds.
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Daybook API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// The package holds more than the page needs: source maps, a page for OAuth, its manifest.
const assets: ReadonlySet<string> = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

const start = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

const none = ["'none'"];
const own = ["'self'"];

const policy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: none,
      scriptSrc: own,
      styleSrc: own,
      fontSrc: own,
      connectSrc: own,
      imgSrc: [...own, 'data:'],
      baseUri: none,
      formAction: none,
      frameAncestors: none,
    },
  },
});

/** The API's description for machines at /openapi.json and for people at /docs; nothing is loaded from anywhere else. */
export const docsRoutes = (endpoints: readonly Endpoint[]): Router => {
  const router = Router({ strict: true, caseSensitive: true });
  const document = JSON.stringify(openApiOf(endpoints));
  router.get('/openapi.json', (_request, response) => {
    setRoute(response, '/openapi.json');
    sendFound(response, 'application/json', document);
  });
  router.use('/docs', policy, (_request, response, next) => {
    setRoute(response, '/docs');
    response.set({ 'X-Request-Id': requestIdOf(response), traceparent: traceparentOf(traceOf(response)) });
    next();
  });
  router.get('/docs', (_request, response) => void response.type('html').send(page));
  router.get('/docs/start.js', (_request, response) => void response.type('text/javascript').send(start));
  router.get('/docs/:asset', ({ params: { asset } }, response, next) => {
    if (assets.has(asset)) response.sendFile(asset, { root: absolutePath() });
    else next();
  });
  return router;
};
