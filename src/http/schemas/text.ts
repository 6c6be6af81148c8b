import { z } from 'zod';

// C0 and C1 controls, and the two separators that end a line in some readers.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Text from a person: kept as it came, so it must be something that every log, CSV and page can carry. */
export const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine(
      (value) => value.isWellFormed() && !controlCharacter.test(value),
      'must be text without control characters',
    );

export const reference = text(140).meta({
  description: 'What the payment is for, at most 140 characters (ISO 20022 Max140Text).',
});
export const reason = text(500).meta({ description: 'Why this is done; kept in the event.' });
export const party = text(140).meta({ description: 'Where money came from or went to, outside the ledger.' });

const longestMetadata = 20;
const metadataName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

// Counted before any is looked at: each fault costs more than the bytes that it is made of.
const counted = (value: unknown, context: z.RefinementCtx): unknown => {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > longestMetadata) {
    context.addIssue({ code: 'custom', message: `must have at most ${longestMetadata} members` });
  }
  return value;
};

/** Names and values of the client's own. Daybook keeps them and never looks inside. */
export const metadata = z
  .preprocess(counted, z.record(z.string().regex(metadataName), text(500)))
  .meta({ id: 'Metadata', description: 'Up to 20 names and values of your own, kept and never looked into.' });
