import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import type { Access } from '../../src/application/access/access.ts';
import type { IssuedKey, NewKey } from '../../src/application/access/key-keeper.ts';
import { scopes } from '../../src/application/access/principal.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'daybook';

const act = { actor: 'script:test', route: 'a test', from: 'local', requestId: 'request' };

export const bearer = (credential: string): Record<string, string> => ({ Authorization: `Bearer ${credential}` });

/** A key that is good for everything, or for what is given. */
export const makeKey = ({ keys }: Pick<Access, 'keys'>, wanted: Partial<NewKey> = {}): Promise<IssuedKey> =>
  keys.create({ name: 'a test', scopes: [...scopes], ...wanted }, act);

export const rotateKey = ({ keys }: Pick<Access, 'keys'>, prefix: string, keepOldFor = 0): Promise<IssuedKey> =>
  keys.rotate(prefix, keepOldFor, act);

export const revokeKey = ({ keys }: Pick<Access, 'keys'>, prefix: string) => keys.revoke(prefix, act);

/** What a token shall say otherwise; undefined: not at all. */
type Claims = Readonly<Record<string, unknown>>;

type Pair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

/** An issuer of tokens whose public keys are in a file. */
export class Issuer {
  private constructor(
    readonly directory: string,
    readonly current: Pair,
  ) {}

  static async open(): Promise<Issuer> {
    const directory = await mkdtemp(join(tmpdir(), 'daybook-issuer-'));
    const issuer = new Issuer(directory, await generateKeyPair('ES256', { extractable: true }));
    await issuer.publish([await issuer.publicJwk('first')]);
    return issuer;
  }

  get file(): string {
    return join(this.directory, 'jwks.json');
  }

  /** The settings of a server that takes its tokens. */
  get settings() {
    return {
      DAYBOOK_JWKS_URL: undefined,
      DAYBOOK_JWKS_FILE: this.file,
      DAYBOOK_JWT_ISSUER: ISSUER,
      DAYBOOK_JWT_AUDIENCE: AUDIENCE,
      DAYBOOK_JWT_ALGORITHMS: ['ES256' as const],
      DAYBOOK_RATE_LIMIT: 0,
      DAYBOOK_OWNER_RATE_LIMIT: 0,
    };
  }

  async publicJwk(kid: string, { publicKey }: Pair = this.current): Promise<object> {
    return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  }

  publish(keys: readonly object[]): Promise<void> {
    return writeFile(this.file, JSON.stringify({ keys }));
  }

  /** A token as it should be, unless something is wished otherwise. */
  async token(
    payload: Claims = {},
    {
      header = {},
      key = this.current.privateKey,
    }: { header?: Partial<JWTHeaderParameters>; key?: CryptoKey | Uint8Array } = {},
  ): Promise<string> {
    return new SignJWT(claimsOf(payload)).setProtectedHeader({ alg: 'ES256', kid: 'first', ...header }).sign(key);
  }

  unsigned(payload: Claims = {}): string {
    return new UnsecuredJWT(claimsOf(payload)).encode();
  }

  /** Signed by whoever has the public key, as if it were a shared secret. */
  async symmetric(payload: Claims = {}): Promise<string> {
    const key = new TextEncoder().encode(await exportSPKI(this.current.publicKey));
    return this.token(payload, { header: { alg: 'HS256' }, key });
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

const claimsOf = (payload: Claims): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'somebody',
  exp: Math.floor(Date.now() / 1_000) + 600,
  scope: scopes.join(' '),
  daybook_owner: '*',
  ...payload,
});

export const newPair = (): Promise<Pair> => generateKeyPair('ES256', { extractable: true });
