import { z } from 'zod';
import { type Askable, commands } from '../commands.ts';
import type { CommandEndpoint } from '../define-command.ts';
import { IF_MATCH_SYNTAX, isIfMatch, versionsIn } from '../if-match.ts';
import { isKey, KEY_SYNTAX, keyIn } from '../middleware/idempotency-key.ts';
import { holdReceiptView } from './hold-views.ts';
import { proposalView } from './proposals.ts';
import { accountView, problemView, receiptView, reversalView, transferView } from './views.ts';

/** Commands in one request, at most. */
export const MOST_COMMANDS = 1_000;

const idempotencyKey = z
  .string(KEY_SYNTAX)
  .refine((text) => isKey(keyIn(text)), KEY_SYNTAX)
  .transform(keyIn)
  .meta({
    description: 'As the header: your name for this attempt, 1–255 visible ASCII characters.',
    example: 'order-4711',
  });

const ifMatch = z
  .string()
  .refine(isIfMatch, IF_MATCH_SYNTAX)
  .transform(versionsIn)
  .meta({ description: 'As the header: only if the account still has this version, in quotes.', example: '"5"' });

/** A command as it is tried: its name, what else would be headers, and the members of its path and body. */
export type TriedCommand = Readonly<Record<string, unknown>> & {
  readonly type: Askable;
  readonly ifMatch?: readonly number[] | undefined;
};

/** A command as it stands in a batch. */
export type BatchedCommand = TriedCommand & { readonly idempotencyKey: string };

const listed = ({ type, params, body, rejects }: CommandEndpoint, key: z.ZodType, place: string) =>
  z
    .strictObject({
      type: z.literal(type),
      idempotencyKey: key,
      ...(rejects.includes('VERSION_MISMATCH') && { ifMatch: ifMatch.exactOptional() }),
      ...params.shape,
      ...body.shape,
    })
    .meta({ id: `${type}${place}` });

const names = Object.keys(commands);

const anyCommand = (key: z.ZodType, place: string) => {
  const all = Object.values(commands).map((endpoint) => listed(endpoint, key, place));
  const [first, ...others] = all as unknown as [z.ZodObject, ...z.ZodObject[]];
  return z.discriminatedUnion('type', [first, ...others], {
    error: ({ discriminator }) => (discriminator !== undefined ? `must be one of ${names.join(', ')}` : undefined),
  });
};

const command = anyCommand(idempotencyKey, 'InBatch');

/** A command that is only tried. */
export const triedCommand = anyCommand(
  idempotencyKey.exactOptional().meta({ description: 'Means nothing here: each command is a new one.' }),
  'Tried',
).transform((parsed) => parsed as unknown as TriedCommand);

/** Counted before any is looked at: a million of nothing must not cost a million faults. */
export const counted =
  (most: number) =>
  (value: unknown, context: z.RefinementCtx): unknown => {
    if (Array.isArray(value) && value.length > most) {
      context.addIssue({ code: 'custom', message: `must be at most ${most} commands, not ${value.length}` });
    }
    return value;
  };

export const batchBody = z
  .strictObject({
    mode: z.enum(['independent', 'atomic'], 'must be independent or atomic; there is no default').meta({
      description: '`independent`: each command for itself. `atomic`: all of them in one transaction, or none.',
    }),
    commands: z
      .preprocess(counted(MOST_COMMANDS), z.array(command).min(1, 'must be at least one command').max(MOST_COMMANDS))
      .transform((parsed) => parsed as readonly unknown[] as readonly BatchedCommand[]),
  })
  .meta({ id: 'Batch' });

const done = z
  .strictObject({
    status: z.int(),
    body: z.union([receiptView, holdReceiptView, transferView, accountView, reversalView, proposalView]).meta({
      description: 'The answer of the command’s own address, byte for byte.',
    }),
    etag: z.string().optional().meta({ description: 'The version of the account, in quotes: good as `ifMatch`.' }),
    location: z.string().optional(),
    replayed: z
      .literal(true)
      .optional()
      .meta({ description: 'Set where this is the first answer to the key once more.' }),
  })
  .meta({ id: 'Done' });

const refused = z.strictObject({ status: z.int(), problem: problemView }).meta({ id: 'Refused' });

export const batchView = z
  .strictObject({
    mode: z.enum(['independent', 'atomic']),
    results: z.array(z.union([done, refused])).meta({ description: 'One for each command, in their order.' }),
  })
  .meta({ id: 'BatchResults' });
