import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Instant } from '../domain/time/instant.ts';
import { type Hash, leafHash } from './merkle/hash.ts';

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

// What JSON puts between quotes as it is. JSON.stringify says the same, and takes longer to find out.
const nothingToEscape = /^[ !#-[\]-~]*$/;

const canonicalText = (text: string): string => {
  if (nothingToEscape.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('half a surrogate pair has no canonical form');
  return JSON.stringify(text);
};

const canonicalObject = (value: Readonly<Record<string, unknown>>): string => {
  let members = '';
  // In the order of their UTF-16 code units, which is how sort() compares.
  for (const name of Object.keys(value).sort()) {
    members += `${members === '' ? '' : ','}${canonicalText(name)}:${canonical(value[name])}`;
  }
  return `{${members}}`;
};

const isWordOrNumber = (value: unknown): boolean =>
  typeof value === 'bigint' || typeof value === 'boolean' || Number.isSafeInteger(value);

/**
 * RFC 8785, of what an event can hold. A fraction has several spellings that readers disagree on, so it has none here. Throws
 * where a value is neither text, a whole number within ±(2^53 − 1), an amount, a boolean, a list nor a plain object of these.
 */
const canonical = (value: unknown): string => {
  if (typeof value === 'string') return canonicalText(value);
  if (isWordOrNumber(value)) return String(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonical).join()}]`;
  if (isPlainObject(value)) return canonicalObject(value);
  throw new TypeError(`${value === null ? 'null' : `this ${typeof value}`} has no canonical form`);
};

const timeText = (moment: Instant): string => new Date(moment).toISOString();

/**
 * The one text of an event, which the journal seals: JSON without white space, names sorted, amounts as integers in minor units,
 * times in UTC with milliseconds (ADR 0013). It must never change: every proof that was ever given rests on it. Throws where the
 * event holds what has no canonical form.
 */
export const canonicalEvent = (event: EventAsRecorded): string =>
  canonicalObject({
    data: event.data,
    effectiveAt: timeText(event.effectiveAt),
    eventId: event.eventId,
    metadata: event.metadata,
    recordedAt: timeText(event.recordedAt),
    schemaVersion: event.schemaVersion,
    streamId: event.streamId,
    type: event.type,
    version: event.version,
  });

/** The leaf of an event in the journal's tree. Throws where the event holds what has no canonical form. */
export const leafOf = (event: EventAsRecorded): Hash => leafHash(Buffer.from(canonicalEvent(event), 'utf8'));

/** The leaf, or why there can be none: what somebody has put in past every check may hold anything. */
export const leafOrError = (event: EventAsRecorded): Hash | TypeError | RangeError => {
  try {
    return leafOf(event);
  } catch (error) {
    // A value without a canonical form, or a moment that is none.
    if (error instanceof TypeError || error instanceof RangeError) return error;
    throw error;
  }
};
