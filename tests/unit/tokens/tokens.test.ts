import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessRefused, AccessUndecided, type Principal } from '../../../src/application/access/principal.ts';
import type { TraceContext } from '../../../src/application/tracing/trace-context.ts';
import { fileTimes, keysAtUrl, keysInFile, type KeySetTimes } from '../../../src/tokens/key-set.ts';
import { Tokens } from '../../../src/tokens/tokens.ts';
import { type Instant, instant } from '../../../src/domain/time/instant.ts';
import { AUDIENCE, Issuer, ISSUER, newPair } from '../../support/credentials.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'] };
const times: KeySetTimes = { refreshAfter: 300_000, keepFor: 3_600_000, pause: 10_000 };

/** The trace of whoever shows a token. */
const caller: TraceContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  flags: 1,
  state: 'vendor=value',
};

let now = Date.now();
const clock = { now: (): Instant => instant(now) };
const pass = (milliseconds: number): void => void (now += milliseconds);

let issuer: Issuer;
beforeAll(async () => {
  issuer = await Issuer.open();
});
afterAll(() => issuer.close());

/** An address that answers with the keys that it is given, or not at all. */
class JwksServer {
  asked = 0;
  headers: IncomingHttpHeaders = {};
  keys: readonly object[] = [];
  status = 200;
  text: string | undefined;
  #server: Server | undefined;

  async listen(): Promise<string> {
    this.#server = createServer((request, response) => {
      this.asked += 1;
      this.headers = request.headers;
      response.writeHead(this.status).end(this.text ?? JSON.stringify({ keys: this.keys }));
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

describe('tokens of an issuer whose keys are at an address', () => {
  let server: JwksServer;
  let tokens: Tokens;
  const identify = async (token: string): Promise<Principal> => tokens.identify(token, caller);
  const refuses = (token: string): Promise<void> => expect(identify(token)).rejects.toThrow(AccessRefused);
  const aDay = { exp: Math.floor(Date.now() / 1_000) + 86_400 };

  beforeEach(async () => {
    now = Date.now();
    server = new JwksServer();
    server.keys = [await issuer.publicJwk('first')];
    tokens = new Tokens(rules, { fetchKeys: keysAtUrl(await server.listen()), times }, { clock, log: silent });
  });
  afterEach(() => server.close());

  it('say who asks, for what, and whose accounts are meant', async () => {
    const all = await identify(await issuer.token({ sub: 'clerk', scope: 'openid accounts:read audit:read profile' }));
    expect(all).toEqual({ id: 'token:clerk', kind: 'token', scopes: new Set(['accounts:read', 'audit:read']) });
    const one = await identify(await issuer.token({ daybook_owner: 'alice', scope: ['accounts:read', 'admin'] }));
    expect(one).toEqual({
      id: 'token:somebody',
      kind: 'token',
      scopes: new Set(['accounts:read']),
      ownerId: 'alice',
    });
  });

  it.each([
    { daybook_owner: '' },
    { daybook_owner: 'a b' },
    { daybook_owner: ['alice'] },
    { sub: 'with a space' },
    { sub: '' },
    { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
    { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
    { cnf: {} },
  ])('are refused where they say it in no usable way: %j', async (claims) => {
    await refuses(await issuer.token(claims));
  });

  it('are verified once, and the keys read once, for as long as both are good', async () => {
    const token = await issuer.token(aDay);
    const [first, second] = [await identify(token), tokens.identify(token, caller)];
    expect(second).toBe(first);
    expect(server.asked).toBe(1);
  });

  it('end when they expire, remembered or not', async () => {
    const token = await issuer.token({ exp: Math.floor(now / 1_000) + 60 });
    await identify(token);
    pass(66_000);
    await refuses(token);
  });

  it('are taken with a key that is new, which is looked for at once, and no more often than every ten seconds', async () => {
    await identify(await issuer.token(aDay));
    const pair = await newPair();
    const next = await issuer.token(aDay, { key: pair.privateKey, header: { kid: 'second' } });
    pass(10_001);
    await refuses(next);
    for (let attempt = 0; attempt < 20; attempt += 1) await refuses(`${next}x`);
    expect(server.asked).toBe(2);
    server.keys = [...server.keys, await issuer.publicJwk('second', pair)];
    await refuses(next);
    pass(10_001);
    expect((await identify(next)).id).toBe('token:somebody');
  });

  it('end with the key that they were signed with, remembered or not', async () => {
    const token = await issuer.token(aDay);
    await identify(token);
    server.keys = [await issuer.publicJwk('second', await newPair())];
    pass(300_001);
    await identify(token);
    await expect.poll(() => identify(token).catch((error: unknown) => error)).toBeInstanceOf(AccessRefused);
  });

  it('end with the key that they were signed with also where the clock was set back meanwhile', async () => {
    const token = await issuer.token(aDay);
    await identify(token);
    server.keys = [await issuer.publicJwk('second', await newPair())];
    pass(-3_600_000);
    expect((await identify(token)).id).toBe('token:somebody');
    pass(300_001);
    await identify(token);
    await expect.poll(() => identify(token).catch((error: unknown) => error)).toBeInstanceOf(AccessRefused);
  });

  it('are taken with a key that is new also where the clock was set back meanwhile', async () => {
    await identify(await issuer.token(aDay));
    const pair = await newPair();
    server.keys = [await issuer.publicJwk('second', pair)];
    pass(-3_600_000);
    const next = await issuer.token(aDay, { key: pair.privateKey, header: { kid: 'second' } });
    await refuses(next);
    pass(10_001);
    expect((await identify(next)).id).toBe('token:somebody');
  });

  it('have the keys asked for as a part of the trace of whoever shows one', async () => {
    await identify(await issuer.token());
    expect(server.headers.traceparent).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    expect(server.headers.tracestate).toBe('vendor=value');
  });

  it('are taken for an hour while the address does not answer, and then nobody can say', async () => {
    const token = await issuer.token(aDay);
    await identify(token);
    server.status = 500;
    pass(3_599_000);
    expect((await identify(token)).id).toBe('token:somebody');
    expect((await identify(await issuer.token({ ...aDay, sub: 'another' }))).id).toBe('token:another');
    pass(2_000);
    await expect(identify(token)).rejects.toThrow(AccessUndecided);
    server.status = 200;
    pass(10_001);
    expect((await identify(token)).id).toBe('token:somebody');
  });

  it.each(['', 'no JSON', '{"keys":"none"}', '[]', `{"keys":[{"kty":"EC"}],"x":"${'x'.repeat(1_000_000)}"}`])(
    'cannot be verified with what is no set of keys: %s',
    async (text) => {
      server.text = text;
      await expect(identify(await issuer.token())).rejects.toThrow(AccessUndecided);
    },
  );

  it('are refused, all of them, where the set has no key', async () => {
    server.keys = [];
    await refuses(await issuer.token());
  });

  it('are not taken for signed with a shared secret, even where the issuer publishes one', async () => {
    server.keys = [{ kty: 'oct', kid: 'first', alg: 'HS256', k: Buffer.alloc(32, 1).toString('base64url') }];
    await refuses(await issuer.token({}, { key: Buffer.alloc(32, 1), header: { alg: 'HS256' } }));
  });
});

describe('tokens of an issuer whose keys are in a file', () => {
  it('follow the file', async () => {
    now = Date.now();
    const own = await Issuer.open();
    const tokens = new Tokens(rules, { fetchKeys: keysInFile(own.file), times: fileTimes }, { clock, log: silent });
    const token = await own.token();
    expect(await tokens.identify(token, caller)).toMatchObject({ id: 'token:somebody' });
    await own.publish([]);
    pass(3_000);
    await expect
      .poll(async () => Promise.resolve(tokens.identify(token, caller)).catch((error: unknown) => error))
      .toBeInstanceOf(AccessRefused);
    await own.close();
  });
});
