import { z } from 'zod';

/** How many events: of the journal up to some place. Every whole number that JSON carries exactly. */
export const position = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,15})$/, 'must be a whole number')
  .transform(Number)
  .refine(Number.isSafeInteger, 'must be at most 2^53 − 1');

export const journalLimit = z
  .string()
  .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')
  .transform(Number)
  .default(50)
  .meta({ description: 'Entries in one answer, 1–1000, default 50.' });
