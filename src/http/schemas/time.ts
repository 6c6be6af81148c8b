import { z } from 'zod';
import { instant } from '../../domain/time/instant.ts';

const finerThanMilliseconds = /\.\d{4}/;

/** A moment with its zone (RFC 3339). The store keeps milliseconds, so finer ones are refused rather than rounded. */
export const time = z.iso
  .datetime({ offset: true, error: 'must be a date and time with zone, such as 2026-03-15T14:47:00Z' })
  .refine((value) => !finerThanMilliseconds.test(value), 'must not be finer than milliseconds')
  .transform((value) => instant(Date.parse(value)))
  .refine((value) => Number.isFinite(value), 'is not a date of the calendar')
  .meta({ description: 'Date and time with zone (RFC 3339), at most milliseconds.', example: '2026-03-15T14:47:00Z' });

export const timeOnWire = z.iso
  .datetime()
  .meta({ description: 'UTC, milliseconds.', example: '2026-03-15T14:47:00.000Z' });
