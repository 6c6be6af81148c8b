import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { AccessUndecided } from '../application/access/principal.ts';
import type { Clock } from '../application/ports/clock.ts';
import type { Log } from '../application/ports/log.ts';
import { type TraceContext, traceHeadersOf } from '../application/tracing/trace-context.ts';

/** Reads the keys of the issuer as they are now, as a part of `trace`. */
export type FetchKeys = (trace: TraceContext) => Promise<JSONWebKeySet>;

/** In milliseconds. */
export type KeySetTimes = {
  /** After which the keys are read again, behind the requests. */
  readonly refreshAfter: number;
  /** How long the last keys that could be read are good for. */
  readonly keepFor: number;
  /** Between two attempts to read them. */
  readonly pause: number;
};

const FETCH_TIMEOUT = 5_000;
const LARGEST_ANSWER = 1_000_000;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

const parseKeys = (text: string): JSONWebKeySet => {
  if (text.length > LARGEST_ANSWER) throw new Error('larger than a key set may be');
  return keySet.parse(JSON.parse(text));
};

export const keysAtUrl =
  (url: string): FetchKeys =>
  async (trace) => {
    const headers = { Accept: 'application/jwk-set+json, application/json', ...traceHeadersOf(trace) };
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT) });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return parseKeys(await response.text());
  };

export const keysInFile =
  (path: string): FetchKeys =>
  async () =>
    parseKeys(await readFile(path, 'utf8'));

/** Fetched keys go on for an hour while their address does not answer; a file costs little to read again. */
export const urlTimes: KeySetTimes = { refreshAfter: 300_000, keepFor: 3_600_000, pause: 10_000 };
export const fileTimes: KeySetTimes = { refreshAfter: 2_000, keepFor: 3_600_000, pause: 1_000 };

type FoundKey = Awaited<ReturnType<JWTVerifyGetKey>>;

type Held = { readonly find: JWTVerifyGetKey; readonly text: string };

/**
 * The public keys of an issuer: kept, read again from time to time, and at once where a token names one that is not among them, but no
 * more often than every `pause`. What cannot be read now is used as it was, for a bounded time.
 */
export class KeySet {
  #held: Held | undefined;
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly fetchKeys: FetchKeys,
    private readonly times: KeySetTimes,
    private readonly parts: {
      readonly clock: Clock;
      readonly log: Log;
      /** Hears that there are other keys than before. */
      readonly onChanged: () => void;
    },
  ) {}

  /** Whether there are keys that may be used. Where they are old, they are read again meanwhile. */
  isUsable(trace: TraceContext): boolean {
    const age = this.#age();
    if (age > this.times.refreshAfter) void this.#refresh(trace);
    return age <= this.times.keepFor;
  }

  /** The key that a token names. Rejects as jose does where there is none, with AccessUndecided where there are no keys at all. */
  findFor(trace: TraceContext): JWTVerifyGetKey {
    return (header, token) => this.#find(trace, header, token);
  }

  async #find(trace: TraceContext, ...named: Parameters<JWTVerifyGetKey>): Promise<FoundKey> {
    if (!this.isUsable(trace)) await this.#refresh(trace);
    const before = this.#mustHold();
    try {
      return await before.find(...named);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh(trace);
      if (this.#held === before) throw error;
      return this.#mustHold().find(...named);
    }
  }

  #age(): number {
    const now = this.parts.clock.now();
    // The clock was set back: what is old must not become good for longer by that, and is counted from here.
    this.#readAt = Math.min(this.#readAt, now);
    this.#triedAt = Math.min(this.#triedAt, now);
    return now - this.#readAt;
  }

  #mustHold(): Held {
    if (!this.#held || this.#age() > this.times.keepFor)
      throw new AccessUndecided('the keys of the issuer are not known');
    return this.#held;
  }

  /** Never rejects: what cannot be read leaves all as it was. */
  #refresh(trace: TraceContext): Promise<void> {
    if (this.#reading) return this.#reading;
    if (this.parts.clock.now() - this.#triedAt < this.times.pause) return Promise.resolve();
    this.#triedAt = this.parts.clock.now();
    this.#reading = this.#read(trace).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(trace: TraceContext): Promise<void> {
    const { clock, log, onChanged } = this.parts;
    try {
      const keys = await this.fetchKeys(trace);
      const text = JSON.stringify(keys);
      const isOther = text !== this.#held?.text;
      if (isOther) this.#held = { find: createLocalJWKSet(keys), text };
      this.#readAt = clock.now();
      if (isOther) onChanged();
    } catch (error) {
      log.error({ err: error }, 'the keys of the token issuer cannot be read');
    }
  }
}
