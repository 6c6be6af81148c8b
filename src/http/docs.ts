import express, { Router } from 'express';
import { absolutePath } from 'swagger-ui-dist';
import type { Endpoint } from './endpoint.ts';
import { setRoute } from './middleware/request-context.ts';
import { openApiOf } from './openapi.ts';

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

const start = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** The API's description for machines at /openapi.json and for people at /docs; nothing is loaded from anywhere else. */
export const docsRoutes = (endpoints: readonly Endpoint[]): Router => {
  const router = Router();
  const document = JSON.stringify(openApiOf(endpoints));
  router.get('/openapi.json', (_request, response) => {
    setRoute(response, '/openapi.json');
    response.type('application/json').send(document);
  });
  router.use('/docs', (_request, response, next) => {
    setRoute(response, '/docs');
    response.set('Content-Security-Policy', POLICY);
    next();
  });
  router.get('/docs', (_request, response) => void response.type('html').send(page));
  router.get('/docs/start.js', (_request, response) => void response.type('text/javascript').send(start));
  router.use('/docs', express.static(absolutePath(), { index: false, redirect: false }));
  return router;
};
