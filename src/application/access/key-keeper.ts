import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { type ApiKeyRow, apiKeysTable, hashOfKey, newKey, newPrefix } from './api-keys.ts';
import type { Scope } from './principal.ts';
import { type Act, recordAct, type RowChange, untilUndisturbed } from './recorded-act.ts';

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

export type NewKey = { readonly name: string; readonly scopes: readonly Scope[]; readonly ownerId?: string };

/** The key itself is told once. */
export type IssuedKey = { readonly key: string; readonly row: ApiKeyRow };

type Change = { readonly act: Act; readonly what: string };

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

  async create({ name, scopes, ownerId }: NewKey, act: Act): Promise<IssuedKey> {
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
    await untilUndisturbed(() => this.#write({ kind: 'insert', row }, { act, what: 'createKey' }));
    return { key, row };
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
  async rotate(prefix: string, keepOldFor: number, act: Act): Promise<IssuedKey> {
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
  revoke(prefix: string, act: Act): Promise<ApiKeyRow> {
    return this.#change(prefix, { act, what: 'revokeKey' }, (found) =>
      found.revokedAt ? found : { ...found, revokedAt: new Date(this.clock.now()) },
    );
  }

  #change(prefix: string, change: Change, to: (found: ApiKeyRow) => ApiKeyRow): Promise<ApiKeyRow> {
    return untilUndisturbed(async () => {
      const found = await this.storage.table(apiKeysTable).get(prefix);
      if (!found) throw new KeyRefused('KEY_NOT_FOUND', prefix);
      const row = to(found);
      await this.#write({ kind: 'swap', found, row }, change);
      return row;
    });
  }

  async #write(write: RowChange<ApiKeyRow>, change: Change): Promise<void> {
    try {
      await recordAct(this.storage, this.clock, { table: apiKeysTable, ...change }, write);
    } finally {
      this.onChanged(write.row._id);
    }
  }
}
