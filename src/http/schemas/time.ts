import { z } from 'zod';
import { instant } from '../../domain/time/instant.ts';

const finerThanMilliseconds = /\.\d{4}/;

// Four digits of year in UTC as well: an offset can carry a moment beyond either end, where no answer could name it.
const earliest = Date.parse('0000-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether an answer can name this moment. */
const isOnCalendar = (value: number): boolean => value >= earliest && value <= latest;

const malformed = 'must be a date and time with zone, such as 2026-03-15T14:47:00Z';

/** What a plus sign becomes in an address where nobody has encoded it. */
const hasBlankForPlus = (input: unknown): boolean => typeof input === 'string' && /T[\d:.]+ \d\d:\d\d$/.test(input);

const whyMalformed = ({ input }: { readonly input?: unknown }): string =>
  hasBlankForPlus(input) ? `${malformed}; in an address, + is written %2B` : malformed;

/** A moment with its zone (RFC 3339). The store keeps milliseconds, so finer ones are refused rather than rounded. */
export const time = z.iso
  .datetime({ offset: true, abort: true, error: whyMalformed })
  .refine((value) => !finerThanMilliseconds.test(value), 'must not be finer than milliseconds')
  .transform((value) => instant(Date.parse(value)))
  .refine(isOnCalendar, 'must be in the years 0000 to 9999')
  .meta({ description: 'Date and time with zone (RFC 3339), at most milliseconds.', example: '2026-03-15T14:47:00Z' });

/** A moment inside a cursor: milliseconds since 1970. */
export const momentInCursor = z.int().refine(isOnCalendar).transform(instant);

export const timeOnWire = z.iso
  .datetime()
  .meta({ description: 'UTC, milliseconds.', example: '2026-03-15T14:47:00.000Z' });
