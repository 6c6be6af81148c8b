import type { AccessLog } from './access-log.ts';
import { KEY_MARK } from './api-keys.ts';
import type { TraceContext } from '../tracing/trace-context.ts';
import type { KeyKeeper } from './key-keeper.ts';
import type { KnownKeys } from './known-keys.ts';
import type { AccountOwners } from './own-accounts.ts';
import { AccessRefused, anybody, type Principal } from './principal.ts';

/**
 * Tells whose a credential is. What others have to be asked for that is asked as a part of `trace`. Rejects with UNAUTHENTICATED,
 * AccessUndecided, StorageUnavailable.
 */
export type Identify = (credential: string, trace: TraceContext) => Principal | Promise<Principal>;

/** Who may do what, and what became of it. */
export type Access = {
  /** Whoever can reach this server may do everything. */
  readonly isOpen: boolean;
  /** Who sent this Authorization header. Rejects as `Identify` does. */
  readonly identify: (authorization: string | undefined, trace: TraceContext) => Principal | Promise<Principal>;
  readonly keys: KeyKeeper;
  readonly owners: AccountOwners;
  readonly log: AccessLog;
  /** Requests of this principal in a minute; 0: as many as it likes. */
  readonly requestsPerMinute: (principal: Principal) => number;
};

const bearer = /^bearer +(\S+) *$/i;

/** The credential of RFC 6750. */
export const credentialIn = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1];

type Issuers = { readonly keys: KnownKeys; readonly tokens: Identify | undefined };

export const identifyWith =
  ({ keys, tokens }: Issuers): Access['identify'] =>
  (authorization, trace) => {
    const credential = credentialIn(authorization);
    if (credential === undefined) throw new AccessRefused('UNAUTHENTICATED', { reason: 'no bearer credential' });
    if (credential.startsWith(KEY_MARK)) return keys.identify(credential);
    if (!tokens) throw new AccessRefused('UNAUTHENTICATED');
    return tokens(credential, trace);
  };

export const identifyNobody: Access['identify'] = () => anybody;
