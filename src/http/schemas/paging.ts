import { z } from 'zod';
import { RequestError } from '../problem-details.ts';

export const limit = z
  .string()
  .regex(/^(?:[1-9]\d{0,2})$/, 'must be a whole number from 1 to 200')
  .transform(Number)
  .refine((value) => value <= 200, 'must be a whole number from 1 to 200')
  .default(50)
  .meta({ description: 'Rows in one answer, 1–200, default 50.' });

export const cursor = z
  .string()
  .max(500)
  .regex(/^[A-Za-z0-9_-]+$/, 'is not a cursor of this list')
  .meta({ description: 'Goes on where an earlier answer ended: its `nextCursor`.' });

/** A cursor for a list: where the page ended, and which list it was, so that it fits no other. */
export const encodeCursor = (list: string, position: unknown): string =>
  Buffer.from(JSON.stringify([list, position])).toString('base64url');

/** Rejects with VALIDATION_FAILED where the cursor is forged, damaged, or of another list. */
export const decodeCursor = <T>(list: string, text: string, position: z.ZodType<T>): T => {
  try {
    const [madeFor, content] = z
      .tuple([z.string(), z.unknown()])
      .parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (madeFor === list) return position.parse(content);
  } catch {
    // Whatever is wrong with it, the caller can do only one thing about it.
  }
  throw new RequestError('VALIDATION_FAILED', [{ in: 'query', at: 'cursor', detail: 'is not a cursor of this list' }]);
};
