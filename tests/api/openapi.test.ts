import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scopes } from '../../src/application/access/principal.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { type ProblemCode, problemByCode } from '../../src/http/problem-details.ts';
import type { Json, Reply } from '../support/api.ts';
import { expectProblem } from './expectations.ts';
import { useWorld } from './world.ts';

const world = useWorld();

// The parts of OpenAPI 3.1 that Daybook writes, strictly: a member that the specification does not know fails.
const schema = z.record(z.string(), z.unknown());
const header = z.strictObject({ required: z.boolean().optional(), description: z.string().optional(), schema });
const content = z.record(z.string().regex(/^[a-z]+\/[a-z+-]+$/), z.strictObject({ schema }));
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  tags: z.array(z.string()).min(1),
  summary: z.string().min(1),
  security: z.array(z.strictObject({ bearer: z.tuple([z.enum(scopes)]) })),
  description: z.string().min(1).optional(),
  parameters: z
    .array(
      z.strictObject({
        in: z.enum(['path', 'query', 'header']),
        name: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^[1-5]\d\d$/),
    z.strictObject({
      description: z.string().min(1),
      headers: z.record(z.string(), header).optional(),
      content: content.optional(),
    }),
  ),
});
const documentView = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d$/),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.strictObject({ get: operation.optional(), post: operation.optional() }),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/), schema),
    securitySchemes: z.strictObject({
      bearer: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer'), description: z.string() }),
    }),
  }),
});

type Document = z.output<typeof documentView>;

let reply: Reply;
let document: Document;

beforeAll(async () => {
  reply = await world.client.get('/openapi.json');
  document = documentView.parse(reply.body);
});

const operationOf = ({ path, method }: (typeof endpoints)[number]) => {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`${method} ${path} is not documented`);
  return found;
};

/** Every value of every member of this name, anywhere below. */
const membersNamed = (name: string, value: unknown): unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member as unknown] : []),
    ...membersNamed(name, member),
  ]);
};

describe('/openapi.json', () => {
  it('is JSON of OpenAPI 3.1', () => {
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(document.openapi).toBe('3.1.1');
  });

  it('documents every endpoint, and nothing else', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(endpoints.map(({ method, path }) => `${method} ${path}`).sort());
    const ids = endpoints.map((endpoint) => operationOf(endpoint).operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not in it', () => {
    const references = membersNamed('$ref', reply.body);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of new Set(references)) {
      const [, name = ''] = /^#\/components\/schemas\/(.+)$/.exec(String(reference)) ?? [];
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    for (const pattern of membersNamed('pattern', reply.body))
      expect(() => new RegExp(String(pattern), 'u')).not.toThrow();
  });

  const rows = endpoints.map((endpoint) => [endpoint.id, endpoint] as const);

  it.each(rows)('%s: who may ask', (_, endpoint) => {
    const { security, responses } = operationOf(endpoint);
    expect(security).toEqual(endpoint.scope === 'none' ? [] : [{ bearer: [endpoint.scope] }]);
    for (const status of ['401', '403', '429']) expect(status in responses).toBe(endpoint.scope !== 'none');
  });

  it.each(rows)('%s: what it takes', (_, endpoint) => {
    const { parameters = [], requestBody } = operationOf(endpoint);
    const inPath = parameters.filter((given) => given.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(inPath.every(({ required }) => required)).toBe(true);
    expect(requestBody !== undefined).toBe(endpoint.body !== undefined);
    const key = parameters.find(({ name }) => name === 'Idempotency-Key');
    expect(key?.required).toBe(endpoint.needsKey ? true : undefined);
  });

  const ofQueries: readonly ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL_ERROR'];
  const ofCommands: readonly ProblemCode[] = [
    ...ofQueries,
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'CONCURRENCY_CONFLICT',
    'OVERLOADED',
    'OUTCOME_UNKNOWN',
    'UNAVAILABLE',
  ];

  it.each(rows)('%s: every status, and every code under its status', (_, endpoint) => {
    const { responses, description } = operationOf(endpoint);
    const { isCommand, needsKey, rejects, answers } = endpoint;
    const ofKey: readonly ProblemCode[] = needsKey ? ['IDEMPOTENCY_KEY_REQUIRED'] : [];
    for (const code of [...(isCommand ? ofCommands : ofQueries), ...ofKey, ...rejects]) {
      expect(responses[problemByCode[code].status]).toMatchObject({
        description: expect.stringContaining(`\`${code}\``) as string,
        content: { 'application/problem+json': {} },
      });
    }
    for (const status of Object.keys(answers)) expect(responses).toHaveProperty(status);
    for (const code of rejects) expect(description).toContain(`\`${code}\``);
  });

  it('says Retry-After wherever a command may be sent again', () => {
    const commands = endpoints.filter(({ isCommand }) => isCommand).map(operationOf);
    expect(commands.every(({ responses }) => 'Retry-After' in (responses['503']?.headers ?? {}))).toBe(true);
    // A conflict may be sent again, an id that is taken may not.
    expect(commands.every(({ responses }) => 'Retry-After' in (responses['409']?.headers ?? {}))).toBe(true);
    expect(commands.some(({ responses }) => 'Retry-After' in (responses['422']?.headers ?? {}))).toBe(false);
  });
});

describe('/docs', () => {
  let page: Reply;
  let policy: string;

  beforeAll(async () => {
    page = await world.client.get('/docs');
    policy = page.headers.get('content-security-policy') ?? '';
  });

  it('is a page under a policy that lets nothing in from elsewhere and runs nothing inline', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const directives = new Map(
      policy.split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(' ');
        return [name, sources.join(' ')] as const;
      }),
    );
    expect(Object.fromEntries(directives)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'font-src': "'self'",
      'connect-src': "'self'",
      'img-src': "'self' data:",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
      'form-action': "'none'",
    });
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:/i);
  });

  it('loads everything that it names, from here', async () => {
    const references = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThanOrEqual(4);
    for (const reference of references) {
      expect(reference).toMatch(/^\/docs\/[\w.-]+$/);
      const asset = await world.client.get(reference);
      expect([reference, asset.status]).toEqual([reference, 200]);
      expect(asset.text.length).toBeGreaterThan(10);
      expect(asset.headers.get('content-security-policy')).toBe(policy);
      expect(asset.headers.get('content-type')).toMatch(
        reference.endsWith('.js') ? /javascript/ : reference.endsWith('.css') ? /text\/css/ : /image\/png/,
      );
    }
  });

  it('shows the description of this very API', async () => {
    const script = await world.client.get('/docs/start.js');
    expect(script.text).toContain("url: '/openapi.json'");
    expect(script.text).toContain('validatorUrl: null');
    expect((await world.client.get('/openapi.json')).body satisfies Json).toEqual(reply.body);
  });

  it('gives no file away that is not part of it', async () => {
    for (const path of ['package.json', 'index.html', 'oauth2-redirect.html', '.', '%2e%2e/zod/package.json']) {
      expectProblem(await world.client.get(`/docs/${path}`), 'ROUTE_NOT_FOUND');
    }
  });
});
