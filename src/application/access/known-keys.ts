import { hash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports/clock.ts';
import type { ReadModels } from '../ports/storage.ts';
import { type ApiKeyRow, apiKeysTable, prefixOf, principalOfKey } from './api-keys.ts';
import { AccessRefused, type Principal } from './principal.ts';

// So old what a process knows of a key can be, in milliseconds: then its revocation is known everywhere.
const LONGEST_KNOWN = 2_000;
// From then on it is read again, while it is still good.
const SOON_OLD = 1_000;

const MOST_KEYS = 10_000;

type Known = {
  readonly readAt: number;
  readonly key?: {
    readonly principal: Principal;
    readonly hash: Buffer;
    readonly previous?: { readonly hash: Buffer; readonly until: number };
  };
};

/** What was read of keys; without those that were changed meanwhile. */
type Found = ReadonlyMap<string, Known>;

type Reading = { readonly prefixes: Set<string>; readonly done: Promise<Found> };

const knownOf = (row: ApiKeyRow | undefined, readAt: number): Known => {
  if (!row || row.revokedAt) return { readAt };
  const { secretHash, previousHash, previousUntil } = row;
  const previous =
    previousHash !== undefined && previousUntil
      ? { hash: Buffer.from(previousHash, 'hex'), until: previousUntil.getTime() }
      : undefined;
  const hashed = Buffer.from(secretHash, 'hex');
  return { readAt, key: { principal: principalOfKey(row), hash: hashed, ...(previous && { previous }) } };
};

/**
 * Tells whose a key is: one SHA-256 and one look in memory. What is not known here, or was read too long ago, is read from the store,
 * all that are wanted at a time with one read, and one read at a time: made-up keys cost no more than that.
 */
export class KnownKeys {
  readonly #known = new LRUCache<string, Known>({ max: MOST_KEYS });
  // For themselves, so that made-up keys push no real one out.
  readonly #unknown = new LRUCache<string, Known>({ max: MOST_KEYS });
  #reading: Promise<unknown> = Promise.resolve();
  #next: Reading | undefined;
  /** Since the reading that is under way began. */
  readonly #changed = new Set<string>();

  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  /** Rejects with UNAUTHENTICATED, StorageUnavailable. */
  identify(key: string): Principal | Promise<Principal> {
    const prefix = prefixOf(key);
    if (prefix === undefined) throw new AccessRefused('UNAUTHENTICATED');
    const known = this.#known.get(prefix) ?? this.#unknown.get(prefix);
    const age = known ? this.clock.now() - known.readAt : Infinity;
    // Below zero: the clock was set back, and nobody knows how old it is.
    if (!known || age < 0 || age > LONGEST_KNOWN) return this.#readAndIdentify(prefix, key);
    if (age > SOON_OLD) this.#read(prefix).catch(() => undefined);
    return this.#mustMatch(key, known);
  }

  /** What was known of it is read anew: it was changed. */
  forget(prefix: string): void {
    this.#changed.add(prefix);
    this.#drop(prefix);
  }

  #drop(prefix: string): void {
    this.#known.delete(prefix);
    this.#unknown.delete(prefix);
  }

  async #readAndIdentify(prefix: string, key: string): Promise<Principal> {
    // Once more where it was changed while it was read.
    const known = (await this.#read(prefix)).get(prefix) ?? (await this.#read(prefix)).get(prefix);
    return this.#mustMatch(key, known ?? { readAt: 0 });
  }

  #mustMatch(text: string, { key }: Known): Principal {
    const given = hash('sha256', text, 'buffer');
    if (key && timingSafeEqual(given, key.hash)) return key.principal;
    const previous = key?.previous;
    if (key && previous && this.clock.now() < previous.until && timingSafeEqual(given, previous.hash))
      return key.principal;
    throw new AccessRefused('UNAUTHENTICATED');
  }

  #read(prefix: string): Promise<Found> {
    this.#next ??= this.#begin();
    this.#next.prefixes.add(prefix);
    return this.#next.done;
  }

  #begin(): Reading {
    const prefixes = new Set<string>();
    const done = this.#reading.then(() => {
      this.#next = undefined;
      return this.#readAll([...prefixes]);
    });
    this.#reading = done.catch(() => undefined);
    return { prefixes, done };
  }

  async #readAll(prefixes: readonly string[]): Promise<Found> {
    this.#changed.clear();
    const readAt = this.clock.now();
    const rows = await this.models.table(apiKeysTable).getMany(prefixes);
    const byPrefix = new Map(rows.map((row) => [row._id, row]));
    // What was read may be what it was before the change.
    const certain = prefixes.filter((prefix) => !this.#changed.has(prefix));
    const found = new Map(certain.map((prefix) => [prefix, knownOf(byPrefix.get(prefix), readAt)]));
    for (const [prefix, known] of found) {
      this.#drop(prefix);
      (known.key ? this.#known : this.#unknown).set(prefix, known);
    }
    return found;
  }
}
