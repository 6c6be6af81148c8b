/** What a caller may be let do. */
export const scopes = ['accounts:read', 'money:write', 'money:approve', 'audit:read', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What these open is about all accounts: never for who may see the accounts of one owner only. */
const aboutAllAccounts: ReadonlySet<Scope> = new Set(['audit:read', 'admin']);

/** Whether a caller may be given it who is bound to an owner. */
export const isForOwners = (scope: Scope): boolean => !aboutAllAccounts.has(scope);

/** Who asks. */
export type Principal = {
  /** `anonymous`, `key:<prefix>` or `token:<subject>`: named by the events that it causes, and what its idempotency keys belong to. */
  readonly id: string;
  readonly kind: 'anonymous' | 'key' | 'token';
  readonly scopes: ReadonlySet<Scope>;
  /** Sees and moves the accounts of this owner, and no others. Left out: all accounts. */
  readonly ownerId?: string;
};

/** Whoever reaches a server that is open: it may do everything. */
export const anybody: Principal = { id: 'anonymous', kind: 'anonymous', scopes: new Set(scopes) };

/** UNAUTHENTICATED: nobody knows who asks. FORBIDDEN: that one may not do this. OWN_PROPOSAL: only another may. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';

  constructor(
    readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'OWN_PROPOSAL',
    readonly details: Readonly<Record<string, string | number>> = {},
  ) {
    super(code);
  }
}

/** Who asks cannot be found out now. */
export class AccessUndecided extends Error {
  override readonly name = 'AccessUndecided';
}

/** Rejects with FORBIDDEN. */
export const mustHave = ({ scopes: given, ownerId }: Principal, scope: Scope): void => {
  if (!given.has(scope)) throw new AccessRefused('FORBIDDEN', { scope });
  if (ownerId !== undefined && !isForOwners(scope)) throw new AccessRefused('FORBIDDEN', { reason: 'not for owners' });
};
