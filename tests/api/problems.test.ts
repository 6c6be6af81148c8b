import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../../src/http/endpoints.ts';
import { accountView, problemView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf, uuidV7 } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();
let id = '';

beforeAll(async () => {
  id = await opened(world.client, { accountId: 'a' });
});

const ACCOUNT = { ownerId: 'o', currency: 'EUR' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const send = (body: RequestInit['body'], headers: Record<string, string> = JSON_TYPE): Promise<Reply> =>
  world.client.send('POST', '/v1/accounts', {
    headers: { 'Idempotency-Key': crypto.randomUUID(), ...headers },
    ...(body != null && { body }),
  });
const addressOf = (path: string): string => path.replace('{accountId}', id).replace('{transferId}', 't');

describe('an address', () => {
  it.each([
    '/',
    '/v1',
    '/v2/accounts',
    '/v1/accounts/',
    '/v1/accounts/a/',
    '/V1/accounts',
    '/v1/Accounts',
    '/v1//accounts',
    '//v1/accounts',
    '/v1/accounts/a/b',
    '/v1/accounts/a/balance/',
    '/v1/transfers/',
    '/v1/accounts/a%2Fbalance/x/y',
    '/docs/nothing.js',
    '/DOCS',
    '/docs/',
    '/docs/..%2f..%2fpackage.json',
    '/openapi.json/',
    '/health/',
    '/metrics.php',
  ])('that does not exist answers 404: %s', async (path) => {
    expectProblem(await world.client.get(path), 'ROUTE_NOT_FOUND', {});
    expectProblem(await world.client.post(path, {}), 'ROUTE_NOT_FOUND', {});
  });

  it.each(['/v1/accounts/%', '/v1/accounts/%zz', '/v1/accounts/%E0%A4%A', '/v1/transfers/%ff'])(
    'that cannot be decoded answers 400: %s',
    async (path) => {
      expectProblem(await world.client.get(path), 'VALIDATION_FAILED');
    },
  );

  it.each(['/v1/accounts/%00', '/v1/accounts/..%2Fa', '/v1/accounts/%20', '/v1/accounts/a%0A', '/v1/accounts/-a'])(
    'with an id that cannot be one answers 400: %s',
    async (path) => {
      expect(faultsOf(await world.client.get(path))).toEqual(['path accountId']);
    },
  );

  const allowed = new Map<string, string[]>();
  for (const { path, method } of endpoints) {
    const methods = method === 'get' ? ['GET', 'HEAD'] : ['POST'];
    allowed.set(path, [...(allowed.get(path) ?? []), ...methods]);
  }
  for (const path of ['/openapi.json', '/docs']) allowed.set(path, ['GET', 'HEAD']);

  it.each([...allowed])('says what it takes: %s', async (path, methods) => {
    const allow = [...methods, 'OPTIONS'].sort().join(', ');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'LOCK']) {
      if (methods.includes(method)) continue;
      const reply = await world.client.send(method, addressOf(path));
      expectProblem(reply, 'METHOD_NOT_ALLOWED', {});
      expect(reply.headers.get('allow')).toBe(allow);
    }
    const options = await world.client.send('OPTIONS', addressOf(path));
    expect([options.status, options.text, options.headers.get('allow')]).toEqual([204, '', allow]);
  });

  it('answers HEAD like GET, without a body', async () => {
    for (const path of [`/v1/accounts/${id}`, '/v1/accounts', `/v1/accounts/${id}/statement`, '/health', '/docs']) {
      const [get, head] = [await world.client.get(path), await world.client.send('HEAD', path)];
      expect([head.status, head.text]).toEqual([get.status, '']);
      for (const name of ['content-type', 'etag']) expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
    const absent = await world.client.send('HEAD', '/v1/accounts/absent');
    expect([absent.status, absent.text]).toEqual([404, '']);
  });
});

describe('a body', () => {
  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['white space', ' \n '],
    ['cut off', '{"ownerId":"o"'],
    ['two values', '{}{}'],
    ['a trailing comma', '{"ownerId":"o",}'],
    ['a comment', '{/* */}'],
    ['single quotes', "{'ownerId':'o'}"],
    ['a byte order mark', '\ufeff{"ownerId":"o","currency":"EUR"}'],
    ['a raw control character', '{"ownerId":"o\u0001"}'],
    ['not a number', '{"overdraftLimit":NaN}'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a text', '"text"'],
    ['nested too deep', `{"metadata":${'['.repeat(16)}${']'.repeat(16)}}`],
  ])('is refused where it is %s', async (_, body) => {
    expect(faultsOf(await send(body))).toContain('body ');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/jsonp',
    'application/vnd.api+json',
    'application/json, text/plain',
    '',
  ])('is refused as %s', async (type) => {
    const reply = await send(JSON.stringify(ACCOUNT), { 'Content-Type': type });
    expectProblem(reply, 'UNSUPPORTED_MEDIA_TYPE', {});
    expect(reply.headers.get('accept')).toBe('application/json');
  });

  it.each(['application/json; charset=UTF-8', 'APPLICATION/JSON', 'application/json;charset="utf-8"'])(
    'is taken as %s',
    async (type) => {
      bodyAs(accountView, await send(JSON.stringify(ACCOUNT), { 'Content-Type': type }), 201);
    },
  );

  it.each(['gzip', 'deflate', 'br', 'zstd', 'nonsense'])('is refused with Content-Encoding: %s', async (encoding) => {
    const reply = await send(gzipSync(JSON.stringify(ACCOUNT)), { ...JSON_TYPE, 'Content-Encoding': encoding });
    expectProblem(reply, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('is taken up to 64 kB, and refused from the next byte on', async () => {
    const account = JSON.stringify(ACCOUNT);
    const padded = (length: number): string => account + ' '.repeat(length - account.length);
    bodyAs(accountView, await send(padded(65_536)), 201);
    expectProblem(await send(padded(65_537)), 'PAYLOAD_TOO_LARGE', { limit: 65_536 });
    expectProblem(await send(padded(10_000_000)), 'PAYLOAD_TOO_LARGE', { limit: 65_536 });
  });

  it('is not asked for, nor read, where the address only answers queries', async () => {
    const reply = await world.client.send('OPTIONS', '/v1/accounts', { body: 'x'.repeat(100_000) });
    expect(reply.status).toBe(204);
  });
});

describe('the faults of a request', () => {
  const faults = async (path: string, body: unknown): Promise<readonly string[]> =>
    [...faultsOf(await world.client.post(path, body))].sort();

  it('are named all at once, each with its place', async () => {
    const body = {
      accountId: '../etc',
      ownerId: 7,
      currency: 'eur',
      overdraftLimit: -1,
      initialDeposit: { amount: 1.5, source: '' },
      effectiveAt: 'yesterday',
      metadata: { fine: 'x', 'not fine': 'x', empty: '' },
      balance: 100,
      'a/b~c': 1,
    };
    expect(await faults('/v1/accounts?dry=run', body)).toEqual([
      'body /accountId',
      'body /a~1b~0c',
      'body /balance',
      'body /currency',
      'body /effectiveAt',
      'body /initialDeposit/amount',
      'body /initialDeposit/source',
      'body /metadata/empty',
      'body /metadata/not fine',
      'body /overdraftLimit',
      'body /ownerId',
      'query dry',
    ]);
  });

  it('are named in path, query and body together', async () => {
    expect(await faults('/v1/accounts/-/deposits?a=1&b=2', {})).toEqual([
      'body /amount',
      'body /currency',
      'path accountId',
      'query a',
      'query b',
    ]);
  });

  it.each([
    ['{"ownerId":"o","ownerId":"p","currency":"EUR"}', ['body /ownerId']],
    ['{"ownerId":"o","owner\\u0049d":"p","currency":"EUR"}', ['body /ownerId']],
    ['{"ownerId":"o","currency":"EUR","initialDeposit":{"amount":1,"amount":2}}', ['body /initialDeposit/amount']],
    ['{"ownerId":"o","currency":"EUR","overdraftLimit":1e2}', ['body /overdraftLimit']],
    ['{"ownerId":"o","currency":"EUR","overdraftLimit":-0}', ['body /overdraftLimit']],
    ['{"ownerId":"o","currency":"EUR","overdraftLimit":1.0}', ['body /overdraftLimit']],
    ['{"ownerId":"o","currency":"EUR","metadata":{"a":"x","a":"y"}}', ['body /metadata/a']],
    ['{"ownerId":[1,[2,3.5]],"currency":"EUR"}', ['body /ownerId', 'body /ownerId/1/1']],
    ['{"overdraftLimit":1.0,"ownerId":"o","ownerId":"o"}', ['body /currency', 'body /overdraftLimit', 'body /ownerId']],
  ])('of the JSON itself have their place as well: %s', async (body, places) => {
    expect(await faults('/v1/accounts', body)).toEqual(places);
  });

  it('never repeat more of the request than it takes to find them', async () => {
    const name = 'x'.repeat(5_000);
    const reply = await world.client.post('/v1/accounts', { ...ACCOUNT, [name]: 1, ownerId: name });
    expect(faultsOf(reply)).toHaveLength(2);
    expect(reply.text.length).toBeLessThan(1_000);
  });
});

describe('every answer', () => {
  const requestId = async (given: string): Promise<string | null> =>
    (await world.client.get('/health', { 'X-Request-Id': given })).headers.get('x-request-id');

  it.each(['a', 'A.b_c-9', 'x'.repeat(64)])('keeps the X-Request-Id %s', async (given) => {
    expect(await requestId(given)).toBe(given);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a,b', 'ünsafe', '<script>', 'a"b', '{}'])(
    'has an id of its own in place of the X-Request-Id %s',
    async (given) => {
      expect(await requestId(Buffer.from(given).toString('latin1'))).toMatch(uuidV7);
    },
  );

  it('says the same id in the problem as in the header', async () => {
    const reply = await world.client.get('/nowhere', { 'X-Request-Id': 'mine' });
    expect(expectProblem(reply, 'ROUTE_NOT_FOUND').requestId).toBe('mine');
  });

  it('has the headers of a careful server, and does not say what serves it', async () => {
    for (const reply of [await world.client.get(`/v1/accounts/${id}`), await world.client.get('/nowhere')]) {
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(reply.headers.get('x-powered-by')).toBeNull();
      expect(reply.headers.get('server')).toBeNull();
      expect(reply.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('is a problem of its own kind where a condition on a file cannot be met', async () => {
    for (const headers of [{ Range: 'bytes=99999999-' }, { 'If-Match': '"x"' }] as Record<string, string>[]) {
      const reply = await world.client.get('/docs/swagger-ui.css', headers);
      expect(reply.status).toBeLessThan(500);
      if (reply.status >= 400) problemView.parse(reply.body satisfies Json);
    }
  });
});
