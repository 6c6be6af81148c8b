import { hash } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import {
  AccessRefused,
  AccessUndecided,
  isForOwners,
  type Principal,
  type Scope,
  scopes,
} from '../application/access/principal.ts';
import type { Clock } from '../application/ports/clock.ts';
import type { Log } from '../application/ports/log.ts';
import type { TraceContext } from '../application/tracing/trace-context.ts';
import { idPattern } from '../domain/account/account-id.ts';
import { type FetchKeys, KeySet, type KeySetTimes } from './key-set.ts';

/** The claim that says whose accounts a token is for. */
const OWNER_CLAIM = 'daybook_owner';

/** Its value for who may see the accounts of all owners. No owner can be called that. */
export const ALL_OWNERS = '*';

/** What a token must say. */
export type TokenRules = {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
};

const MOST_TOKENS = 10_000;

// The clock of the issuer may be so much ahead, in seconds.
const TOLERANCE = 5;

const claims = z.object({
  sub: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  exp: z.number(),
  scope: z.union([z.string(), z.array(z.string())]).default(''),
  // Required, so that an issuer that forgets it lets nobody see everything.
  [OWNER_CLAIM]: z.union([z.literal(ALL_OWNERS), z.string().regex(idPattern)]),
  // One that is bound to a certificate or a key (RFC 8705, RFC 9449) is good only with a proof of that, and nobody asks for it here.
  cnf: z.never().optional(),
});

const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text);

/** Scopes that are another service's are left aside, and so are those that no owner can have. */
const principalOf = (payload: JWTPayload): { readonly principal: Principal; readonly expiresAt: number } => {
  const { sub, exp, scope, [OWNER_CLAIM]: owner } = claims.parse(payload);
  const named = (typeof scope === 'string' ? scope.split(' ') : scope).filter(isScope);
  const common = { id: `token:${sub}`, kind: 'token' as const };
  const principal: Principal =
    owner === ALL_OWNERS
      ? { ...common, scopes: new Set(named) }
      : { ...common, scopes: new Set(named.filter(isForOwners)), ownerId: owner };
  return { principal, expiresAt: exp * 1_000 };
};

type Known = ReturnType<typeof principalOf>;

/** Tells whose a JSON Web Token is. Each is verified once, and remembered until it expires or the issuer has other keys. */
export class Tokens {
  readonly #known = new LRUCache<string, Known>({ max: MOST_TOKENS });
  readonly #keys: KeySet;

  constructor(
    private readonly rules: TokenRules,
    source: { readonly fetchKeys: FetchKeys; readonly times: KeySetTimes },
    private readonly parts: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#keys = new KeySet(source.fetchKeys, source.times, { ...parts, onChanged: () => this.#known.clear() });
  }

  /** Where the issuer has to be asked for its keys, that is a part of `trace`. Rejects with UNAUTHENTICATED, AccessUndecided. */
  identify(token: string, trace: TraceContext): Principal | Promise<Principal> {
    const name = hash('sha256', token, 'base64url');
    const known = this.#known.get(name);
    if (known && known.expiresAt > this.parts.clock.now() && this.#keys.isUsable(trace)) return known.principal;
    return this.#verify(token, name, trace);
  }

  async #verify(token: string, name: string, trace: TraceContext): Promise<Principal> {
    const { issuer, audience, algorithms } = this.rules;
    try {
      const { payload } = await jwtVerify(token, this.#keys.findFor(trace), {
        issuer,
        audience,
        algorithms: [...algorithms],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TOLERANCE,
        currentDate: new Date(this.parts.clock.now()),
      });
      const known = principalOf(payload);
      this.#known.set(name, known);
      return known.principal;
    } catch (error) {
      throw this.#heard(error);
    }
  }

  /** Whatever is wrong with a token, its bearer hears no more than that. */
  #heard(error: unknown): Error {
    if (error instanceof AccessUndecided) return error;
    const isExpected = error instanceof errors.JOSEError || error instanceof z.ZodError;
    if (!isExpected) this.parts.log.warn({ err: error }, 'a token could not be verified');
    return new AccessRefused('UNAUTHENTICATED');
  }
}
