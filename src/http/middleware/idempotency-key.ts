import type { Request } from 'express';
import { malformedHeader, RequestError } from '../problem-details.ts';

const visibleAscii = /^[\x21-\x7e]{1,255}$/;
const quotedString = /^"((?:[^"\\]|\\["\\])*)"$/;

const unquoted = (header: string): string => quotedString.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? header;

/**
 * The caller's key; a quoted structured-field string (RFC 9651 §3.3.3) means the same key as the bare one.
 * Rejects with IDEMPOTENCY_KEY_REQUIRED, VALIDATION_FAILED, in this order.
 */
export const idempotencyKeyOf = (request: Request): string => {
  const [header, ...others] = request.headersDistinct['idempotency-key'] ?? [];
  if (header === undefined || header === '') throw new RequestError('IDEMPOTENCY_KEY_REQUIRED');
  if (others.length > 0) throw malformedHeader('Idempotency-Key', 'is given twice');
  const key = unquoted(header);
  if (!visibleAscii.test(key)) throw malformedHeader('Idempotency-Key', 'must be 1–255 visible ASCII characters');
  return key;
};
