import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawPost, type RawReply, sendRaw } from './raw-http.ts';
import { stateHashOf } from './state-hash.ts';
import { useWorld } from './world.ts';

const world = useWorld();
const PATH = '/v1/accounts/a/deposits';
const BODY = '{"amount":1,"currency":"EUR"}';
const JSON_TYPE = 'Content-Type: application/json';
const KEY = 'Idempotency-Key: raw';
const PATIENCE = 300;

let before = '';

beforeAll(async () => {
  await world.client.open({ accountId: 'a', initialDeposit: { amount: 100 } });
});
beforeEach(async () => {
  before = await stateHashOf(world.database.connection);
});
afterEach(async () => {
  expect(await stateHashOf(world.database.connection)).toBe(before);
  expect((await world.client.get('/health')).status).toBe(200);
});

const send = (bytes: string | Buffer): Promise<RawReply> => sendRaw(world.client.url, bytes, PATIENCE);
const length = (body: string | Buffer): string => `Content-Length: ${Buffer.byteLength(body)}`;
const post = (head: readonly string[], body: string | Buffer = BODY): Promise<RawReply> =>
  send(rawPost(PATH, head, body));
const withBody = (body: Buffer | string, head: readonly string[] = [JSON_TYPE]): Promise<RawReply> =>
  post([KEY, length(body), ...head], body);

/** Refused with a status of its own, or by closing the connection. */
const expectRefusal = ({ status, head }: RawReply): void => {
  expect(status === 0 || (status >= 400 && status < 500), `${status}\n${head}`).toBe(true);
};

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

describe('bodies that are no UTF-8 JSON', () => {
  it.each<readonly [string, Buffer]>([
    [
      'invalid UTF-8',
      Buffer.concat([
        Buffer.from('{"amount":1,"currency":"EUR","reference":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}'),
      ]),
    ],
    [
      'overlong UTF-8',
      Buffer.concat([
        Buffer.from('{"amount":1,"currency":"EUR","reference":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}'),
      ]),
    ],
    [
      'a surrogate in UTF-8',
      Buffer.concat([
        Buffer.from('{"amount":1,"currency":"EUR","reference":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from('"}'),
      ]),
    ],
    ['UTF-16', utf16(BODY)],
    ['UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(BODY)])],
    ['UTF-8 with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(BODY)])],
    ['zero bytes', Buffer.alloc(100)],
    ['noise', Buffer.from(Array.from({ length: 256 }, (_, index) => index))],
    ['nested 10,000 deep', Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    ['objects nested 5,000 deep', Buffer.from(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`)],
    ['brackets that never close', Buffer.from('['.repeat(60_000))],
    ['10,000 members', Buffer.from(`{${Array.from({ length: 9_000 }, (_, n) => `"${n}":1`).join()}}`)],
    ['60,000 digits', Buffer.from(`{"amount":${'9'.repeat(60_000)},"currency":"EUR"}`)],
    ['backslashes', Buffer.from(`{"reference":"${'\\\\'.repeat(30_000)}","amount":1,"currency":"EUR"}`)],
    ['ten megabytes', Buffer.alloc(10_000_000, 0x20)],
    ['a gzip bomb, plainly', gzipSync(Buffer.alloc(10_000_000))],
  ])('%s', async (_, body) => {
    expectRefusal(await withBody(body));
  });

  it('a gzip bomb, declared', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000, 0x20));
    const reply = await withBody(bomb, [JSON_TYPE, 'Content-Encoding: gzip']);
    expect(reply.status).toBe(415);
  });
});

describe('bodies that are not as long as they say', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['longer than said', [length(BODY.slice(0, -1))], BODY],
    ['shorter than said', ['Content-Length: 1000'], BODY],
    ['said to be negative', ['Content-Length: -1'], BODY],
    ['said in hexadecimal', ['Content-Length: 0x1d'], BODY],
    ['said with a sign', [`Content-Length: +${BODY.length}`], BODY],
    ['said to be beyond all numbers', [`Content-Length: ${'9'.repeat(30)}`], BODY],
    ['said twice, differently', [length(BODY), 'Content-Length: 5'], BODY],
    ['said in a list', [`Content-Length: ${BODY.length}, 5`], BODY],
    ['said, and chunked as well', [length(BODY), 'Transfer-Encoding: chunked'], `0\r\n\r\n${BODY}`],
    ['chunked, with a size that is none', ['Transfer-Encoding: chunked'], `zz\r\n${BODY}\r\n0\r\n\r\n`],
    ['chunked, with a size beyond all numbers', ['Transfer-Encoding: chunked'], `${'f'.repeat(40)}\r\n${BODY}`],
    ['chunked, with a chunk that is too long', ['Transfer-Encoding: chunked'], `5\r\n${BODY}\r\n0\r\n\r\n`],
    ['chunked, and never ended', ['Transfer-Encoding: chunked'], `${BODY.length.toString(16)}\r\n${BODY}\r\n`],
    ['chunked, and empty', ['Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['encoded otherwise', ['Transfer-Encoding: gzip'], BODY],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'],
    ['chunked, under another spelling', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['not said at all', [], BODY],
  ])('%s', async (_, head, body) => {
    expectRefusal(await post([JSON_TYPE, KEY, ...head], body));
  });

  it('a second request hidden in the first is answered as what it is, or not at all', async () => {
    const hidden = `GET /v1/accounts/a HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const reply = await post([JSON_TYPE, KEY, 'Content-Length: 0', length(hidden)], hidden);
    expectRefusal(reply);
  });
});

describe('headers', () => {
  it.each<readonly [string, readonly string[]]>([
    ['the key twice', [KEY, KEY]],
    ['two keys', [KEY, 'Idempotency-Key: other']],
    ['a key of 16,000 characters', [`Idempotency-Key: ${'k'.repeat(16_000)}`]],
    ['a key in UTF-8', ['Idempotency-Key: sch\u00c3\u00bcssel']],
    ['a key with a zero byte', ['Idempotency-Key: a\0b']],
    ['a key that goes on in the next line', ['Idempotency-Key: a\r\n b']],
    ['a bare line feed in a key', ['Idempotency-Key: a\nX-Forged: b']],
    ['a bare carriage return in a key', ['Idempotency-Key: a\rX-Forged: b']],
    ['an escape sequence in a key', ['Idempotency-Key: \u001b[31m']],
    ['a name with a space', ['Idempotency-Key : raw']],
    ['no name', [': raw']],
    ['no colon', [KEY, 'nonsense']],
    ['two content types', [KEY, 'Content-Type: text/plain']],
    ['an expectation that nobody knows', [KEY, 'Expect: miracles']],
    ['If-Match with an injection', [KEY, 'If-Match: {"$gt":""}']],
    ['If-Match with 3,000 tags', [KEY, `If-Match: ${'"9",'.repeat(3_000)}"9"`]],
    ['more headers than any client has', [KEY, ...Array.from({ length: 3_000 }, (_, n) => `X-${n}: 1`)]],
  ])('%s', async (name, head) => {
    const type = name === 'two content types' ? 'Content-Type: application/xml' : JSON_TYPE;
    expectRefusal(await post([type, length(BODY), ...head]));
  });

  it('a request id with CR and LF forges neither header nor log line', async () => {
    for (const id of ['a\r\n b', 'a%0d%0aSet-Cookie:x=y', 'a\u0085b', '"}\u2028{"']) {
      const bytes = `GET /v1/accounts/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`;
      const { head, status } = await send(bytes);
      expect(status < 500).toBe(true);
      expect(head).not.toMatch(/set-cookie|x=y/i);
    }
  });
});

describe('request lines', () => {
  const line = (text: string): string => `${text}\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

  it.each([
    'POST /v1/accounts/a/deposits HTTP/1.1',
    'DELETE /v1/accounts/a HTTP/1.1',
    'TRACE /v1/accounts/a HTTP/1.1',
    'CONNECT localhost:80 HTTP/1.1',
    'get /v1/accounts/a HTTP/1.1',
    'GET /v1/accounts/a HTTP/9.9',
    'GET /v1/accounts/\0 HTTP/1.1',
    'GET /v1/accounts/\u00e9 HTTP/1.1',
    'GET /v1/accounts/a b HTTP/1.1',
    'GET v1/accounts/a HTTP/1.1',
    'GET * HTTP/1.1',
    'GET /../../etc/passwd HTTP/1.1',
    'GET /docs/../../../etc/passwd HTTP/1.1',
    'GET /docs/%2e%2e%2f%2e%2e%2fpackage.json HTTP/1.1',
    'GET /docs/swagger-ui.css%00.png HTTP/1.1',
    `GET /v1/accounts/${'x'.repeat(20_000)} HTTP/1.1`,
    'PRI * HTTP/2.0',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    '',
    '$where: 1',
  ])('%s', async (text) => {
    expectRefusal(await send(Buffer.from(line(text), 'latin1')));
  });

  it.each(['GET http://evil.example/v1/accounts/a HTTP/1.1', 'GET /v1/accounts/%61 HTTP/1.1'])(
    '%s is the same account',
    async (text) => {
      const { status, body } = await send(line(text));
      expect([status, JSON.parse(body)]).toMatchObject([200, { accountId: 'a' }]);
    },
  );

  it('an offer to speak another protocol is left alone', async () => {
    const upgrade = 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, close';
    const reply = await send(`GET /v1/accounts/a HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n\r\n`);
    expect(reply.status === 0 || reply.status === 200).toBe(true);
  });
});

describe('slow and broken connections', () => {
  it('fifty clients that never finish their request keep nobody else waiting', async () => {
    const { hostname, port } = new URL(world.client.url);
    const start = rawPost(PATH, [JSON_TYPE, KEY, 'Transfer-Encoding: chunked'], '5\r\n{"amo');
    const slow = Array.from({ length: 50 }, () => connect(Number(port), hostname));
    for (const socket of slow) {
      socket.on('error', () => undefined);
      socket.write(start);
    }
    await sleep(50);
    const started = performance.now();
    expect((await world.client.get('/v1/accounts/a')).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(2_000);
    for (const socket of slow) socket.destroy();
  });

  it('a client that hangs up in the middle of its body leaves nothing behind', async () => {
    const { hostname, port } = new URL(world.client.url);
    for (let cut = 1; cut < BODY.length; cut += 5) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await new Promise((resolve) =>
        socket.write(rawPost(PATH, [JSON_TYPE, KEY, length(BODY)], BODY.slice(0, cut)), resolve),
      );
      socket.destroy();
    }
    await sleep(100);
  });
});
