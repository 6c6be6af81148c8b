import { hash } from 'node:crypto';
import type { Json } from './presenters/wire.ts';

// What JSON puts between quotes as it is. JSON.stringify says the same, and takes twice as long to find out.
const nothingToEscape = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string => (nothingToEscape.test(text) ? `"${text}"` : JSON.stringify(text));

const canonical = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return canonicalObject(value as Json);
};

/** The same for every spelling of one JSON value: members sorted by name (the idea of RFC 8785). */
const canonicalObject = (value: Json, leftOut?: ReadonlySet<string>): string => {
  let members = '';
  for (const name of Object.keys(value).sort()) {
    if (leftOut?.has(name)) continue;
    members += `${members === '' ? '' : ','}${quoted(name)}:${canonical(value[name])}`;
  }
  return `{${members}}`;
};

/**
 * Digest of a command as it was asked: its own address, and the members of its body as they came, without those that belong to the
 * batch around it. Stored with every idempotency key, so it can never change.
 */
export const requestHashOf = (address: string, body: Json, leftOut?: ReadonlySet<string>): string =>
  hash('sha256', `POST ${address}\n${canonicalObject(body, leftOut)}`, 'base64url');
