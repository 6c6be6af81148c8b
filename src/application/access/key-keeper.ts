import type { Clock } from '../ports/clock.ts';
import { LedgerError } from '../commit/ledger-error.ts';
import { OutcomeUnknown, VersionConflict } from '../ports/storage-errors.ts';
import type { Storage } from '../ports/storage.ts';
import type { RowWrite } from '../ports/table.ts';
import { type AccessEntry, accessLogRowOf, accessLogTable } from './access-log.ts';
import { type ApiKeyRow, apiKeysTable, hashOfKey, newKey, newPrefix } from './api-keys.ts';
import type { Scope } from './principal.ts';

/** A key cannot be changed like that. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';

  constructor(
    readonly code: 'KEY_NOT_FOUND' | 'KEY_REVOKED',
    readonly prefix: string,
  ) {
    super(code);
  }
}

/** Who does it, and from where: written down in the transaction of the act. */
export type KeyAct = Omit<AccessEntry, 'what' | 'outcome' | 'about'>;

export type NewKey = { readonly name: string; readonly scopes: readonly Scope[]; readonly ownerId?: string };

/** The key itself is told once. */
export type IssuedKey = { readonly key: string; readonly row: ApiKeyRow };

type KeyWrite = Extract<RowWrite<ApiKeyRow>, { kind: 'insert' | 'swap' }>;

type Change = { readonly act: KeyAct; readonly what: string };

/** What the caller of an act hears of a transaction that failed. */
export const heard = (error: unknown): unknown => {
  if (error instanceof VersionConflict) return new LedgerError('CONCURRENCY_CONFLICT', { cause: error });
  return error instanceof OutcomeUnknown ? new LedgerError('OUTCOME_UNKNOWN', { cause: error }) : error;
};

/** Somebody else changes the same key at the same time so often at most. */
const ATTEMPTS = 5;

/**
 * Makes, lists, rotates and revokes API keys. Rejects with LedgerError where a transaction failed: CONCURRENCY_CONFLICT, OUTCOME_UNKNOWN;
 * and with StorageUnavailable.
 */
export class KeyKeeper {
  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    /** Hears of each key that was changed here. */
    private readonly onChanged: (prefix: string) => void,
  ) {}

  async create({ name, scopes, ownerId }: NewKey, act: KeyAct): Promise<IssuedKey> {
    const prefix = newPrefix();
    const key = newKey(prefix);
    const row: ApiKeyRow = {
      _id: prefix,
      name,
      secretHash: hashOfKey(key),
      scopes: [...new Set(scopes)],
      createdAt: new Date(this.clock.now()),
      createdBy: act.actor,
      ...(ownerId !== undefined && { ownerId }),
    };
    try {
      await this.#write({ kind: 'insert', row }, { act, what: 'createKey' });
      return { key, row };
    } catch (error) {
      throw heard(error);
    }
  }

  /** By prefix, behind this one. */
  list({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<readonly ApiKeyRow[]> {
    const page = { order: ['_id' as const], limit, ...(after !== undefined && { after: [after] }) };
    return this.storage.table(apiKeysTable).range(page);
  }

  /**
   * A new secret for the same key: it stays the same principal. The old one is taken for so many milliseconds more. Rejects with
   * KEY_NOT_FOUND, KEY_REVOKED, in this order.
   */
  async rotate(prefix: string, keepOldFor: number, act: KeyAct): Promise<IssuedKey> {
    const key = newKey(prefix);
    const row = await this.#change(prefix, { act, what: 'rotateKey' }, (found) => {
      if (found.revokedAt) throw new KeyRefused('KEY_REVOKED', prefix);
      const now = this.clock.now();
      const { previousHash: _hash, previousUntil: _until, ...rest } = found;
      const previous = { previousHash: found.secretHash, previousUntil: new Date(now + keepOldFor) };
      const rotated = { ...rest, secretHash: hashOfKey(key), rotatedAt: new Date(now) };
      return keepOldFor > 0 ? { ...rotated, ...previous } : rotated;
    });
    return { key, row };
  }

  /** For good. One that was revoked before stays as it is. Rejects with KEY_NOT_FOUND. */
  revoke(prefix: string, act: KeyAct): Promise<ApiKeyRow> {
    return this.#change(prefix, { act, what: 'revokeKey' }, (found) =>
      found.revokedAt ? found : { ...found, revokedAt: new Date(this.clock.now()) },
    );
  }

  async #change(prefix: string, change: Change, to: (found: ApiKeyRow) => ApiKeyRow): Promise<ApiKeyRow> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.storage.table(apiKeysTable).get(prefix);
      if (!found) throw new KeyRefused('KEY_NOT_FOUND', prefix);
      const row = to(found);
      try {
        await this.#write({ kind: 'swap', found, row }, change);
        return row;
      } catch (error) {
        if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw heard(error);
      }
    }
  }

  async #write(write: KeyWrite, { act, what }: Change): Promise<void> {
    const { _id: about } = write.row;
    const done = accessLogRowOf({ ...act, what, outcome: 'done', about }, new Date(this.clock.now()));
    try {
      await this.storage.transactionally(async (work) => {
        await this.storage.table(apiKeysTable).write(work, [write]);
        await this.storage.table(accessLogTable).write(work, [{ kind: 'insert', row: done }]);
      });
    } finally {
      this.onChanged(about);
    }
  }
}
