import { z } from 'zod';
import type { IdempotencyKeyRow, TransactionIdRow } from '../application/commit/claims.ts';
import type { Line } from './chained-line.ts';
import type { Form } from './event-form.ts';
import { FileRefused } from './file-refused.ts';

export const FORMAT = 'daybook-ledger';
export const FORMAT_VERSION = 1;

const count = z.number().int().min(0);
const text = z.string().min(1);
const time = z.iso.datetime({ precision: 3 });

/** The first line. */
const header = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  journal: text,
  exportedAt: time,
  blocks: count.min(1),
  events: count.min(1),
});

const key = z.strictObject({
  _id: text,
  requestHash: text,
  status: z.int32(),
  body: z.string(),
  etag: text.optional(),
  location: text.optional(),
  eventIds: z.array(text).min(1),
  expiresAt: time,
});

const form = z.union([z.literal(0), z.literal(1), z.array(z.unknown()), z.record(z.string(), z.unknown())]);

/** The line before the events of a block: all of it that does not follow from them, and what was recorded together with them. */
const block = z.strictObject({
  number: count.min(1),
  sealedAt: time,
  resumeToken: text.optional(),
  checkpoint: text,
  verifierKey: text,
  /** The leaf hashes in base64, which say how many events there are. */
  leaves: z.base64().min(1),
  forms: z.array(z.tuple([form, form])),
  /** For each event, which of the forms it has. */
  formOf: z.array(count),
  keys: z.array(key),
  transactionIds: z.array(z.strictObject({ _id: text, eventId: text })),
});

/** The last line. The seal is a signed note, for which see `sealFile`. */
const end = z.strictObject({ seal: text, verifierKey: text });

export type Header = z.output<typeof header>;
export type EndContent = z.output<typeof end>;
export type BlockContent = Omit<z.output<typeof block>, 'forms' | 'keys' | 'transactionIds'> & {
  readonly forms: readonly (readonly [Form, Form])[];
  readonly keys: readonly (Omit<IdempotencyKeyRow, 'expiresAt'> & { readonly expiresAt: string })[];
  readonly transactionIds: readonly TransactionIdRow[];
};

/** As it was written, in the order in which it was written: what a schema gives would be in the order of the schema. */
const mustBe = (schema: z.ZodType, content: unknown, { number }: Pick<Line, 'number'>): unknown => {
  const { error } = schema.safeParse(content);
  if (!error) return content;
  const [issue] = error.issues;
  throw new FileRefused(number, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is malformed'}`);
};

/** Each throws FileRefused where the content is of another shape. */
export const headerIn = (content: unknown, line: Line): Header => mustBe(header, content, line) as Header;
export const blockIn = (content: unknown, line: Line): BlockContent => mustBe(block, content, line) as BlockContent;
export const endIn = (content: unknown, line: Line): EndContent => mustBe(end, content, line) as EndContent;

export const keyOf = (row: BlockContent['keys'][number]): IdempotencyKeyRow => ({
  ...row,
  expiresAt: new Date(row.expiresAt),
});
