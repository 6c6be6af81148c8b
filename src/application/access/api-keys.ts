import { hash, randomBytes } from 'node:crypto';
import { tableName } from '../ports/table.ts';
import type { Principal, Scope } from './principal.ts';

/** An API key as it is kept: who has the database has no key. `_id` is its prefix, which stays when the secret is changed. */
export type ApiKeyRow = {
  readonly _id: string;
  readonly name: string;
  /** SHA-256 of the whole key. Its secret is 32 random bytes, so there is nothing to guess, and no slow hash is needed. */
  readonly secretHash: string;
  readonly scopes: readonly Scope[];
  readonly ownerId?: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly rotatedAt?: Date;
  /** The key from before the last rotation, and until when it is still taken. */
  readonly previousHash?: string;
  readonly previousUntil?: Date;
  readonly revokedAt?: Date;
};

export const apiKeysTable = tableName<ApiKeyRow>('api_keys');

export const KEY_MARK = 'daybook_';

const keyPattern = /^daybook_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

/** Undefined where it does not even look like a key. */
export const prefixOf = (key: string): string | undefined => keyPattern.exec(key)?.[1];

export const hashOfKey = (key: string): string => hash('sha256', key, 'hex');

export const newPrefix = (): string => randomBytes(6).toString('hex');

/** The key itself, which is shown once and kept by nobody but its owner. */
export const newKey = (prefix: string): string => `${KEY_MARK}${prefix}_${randomBytes(32).toString('base64url')}`;

export const principalOfKey = ({ _id: prefix, scopes, ownerId }: ApiKeyRow): Principal => ({
  id: `key:${prefix}`,
  kind: 'key',
  scopes: new Set(scopes),
  ...(ownerId !== undefined && { ownerId }),
});
