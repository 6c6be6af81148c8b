import type { Request } from 'express';
import { malformedHeader, RequestError } from '../problem-details.ts';

const visibleAscii = /^[\x21-\x7e]{1,255}$/;
const quotedString = /^"((?:[^"\\]|\\["\\])*)"$/;

export const KEY_SYNTAX = 'must be 1–255 visible ASCII characters';

/** The key that is meant: a quoted structured-field string (RFC 9651 §3.3.3) means the same as the bare one, wherever it stands. */
export const keyIn = (text: string): string =>
  text.startsWith('"') ? (quotedString.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? text) : text;

export const isKey = (key: string): boolean => visibleAscii.test(key);

/** The caller's key. Rejects with IDEMPOTENCY_KEY_REQUIRED, VALIDATION_FAILED, in this order. */
export const idempotencyKeyOf = (request: Request): string => {
  const [header, ...others] = request.headersDistinct['idempotency-key'] ?? [];
  if (header === undefined || header === '') throw new RequestError('IDEMPOTENCY_KEY_REQUIRED');
  if (others.length > 0) throw malformedHeader('Idempotency-Key', 'is given twice');
  const key = keyIn(header);
  if (!isKey(key)) throw malformedHeader('Idempotency-Key', KEY_SYNTAX);
  return key;
};
