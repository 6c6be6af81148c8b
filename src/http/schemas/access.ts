import { z } from 'zod';
import { accessOutcomes } from '../../application/access/access-log.ts';
import { isForOwners, scopes } from '../../application/access/principal.ts';
import { ownerId } from './ids.ts';
import { text } from './text.ts';
import { timeOnWire } from './time.ts';
import { id, nextCursor } from './views.ts';

export const prefix = z
  .string()
  .regex(/^[0-9a-f]{12}$/, 'must be the prefix of a key: 12 hexadecimal digits')
  .meta({ description: 'What stands between the underscores of a key: it names the key, and is no secret.' });

const scope = z.enum(scopes, `must be one of ${scopes.join(', ')}`).meta({ description: 'What a caller may do.' });

/** What a new key is to be good for. Of the body and of the command line. */
export const newKey = z
  .strictObject({
    name: text(100).meta({ description: 'Whose or what for it is, for whoever reads the list.' }),
    scopes: z.array(scope).min(1, 'must be at least one scope').max(scopes.length),
    ownerId: ownerId
      .exactOptional()
      .meta({ description: 'It sees and moves the accounts of this owner only; left out: all accounts.' }),
  })
  .refine(({ scopes: wanted, ownerId: owner }) => owner === undefined || wanted.every(isForOwners), {
    path: ['scopes'],
    message: 'must not have audit:read or admin together with an owner',
  })
  .meta({ id: 'NewKey' });

/** A week. */
const LONGEST_KEPT = 604_800;

export const rotation = z
  .strictObject({
    keepOldForSeconds: z.int().min(0).max(LONGEST_KEPT).default(0).meta({
      description: 'How long the old key is still taken, so that it can be replaced everywhere; at most a week.',
    }),
  })
  .meta({ id: 'RotateKey' });

const key = {
  prefix,
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  ownerId: id.optional(),
  createdAt: timeOnWire,
  createdBy: z.string(),
  rotatedAt: timeOnWire.optional(),
  oldKeyUntil: timeOnWire
    .optional()
    .meta({ description: 'Until then the key from before the last rotation is taken.' }),
  revokedAt: timeOnWire.optional(),
};

export const keyView = z.strictObject(key).meta({ id: 'Key' });

export const issuedKeyView = z
  .strictObject({ key: z.string().meta({ description: 'The key itself. It is told once, and kept nowhere.' }), ...key })
  .meta({ id: 'IssuedKey' });

export const keysView = z.strictObject({ keys: z.array(keyView), nextCursor }).meta({ id: 'Keys' });

export const accessOutcome = z.enum(accessOutcomes).meta({
  description: '`not_own`: something was asked for that is missing or another owner’s; the caller cannot tell which.',
});

const accessEntry = z
  .strictObject({
    entryId: z.uuid(),
    at: timeOnWire,
    actor: z.string().meta({ description: '`key:…`, `token:…`, `anonymous`, `unknown`, or the script that did it.' }),
    what: z.string().meta({
      description: 'The operation, by its name in the OpenAPI document; `propose` where a command was proposed.',
    }),
    route: z.string(),
    from: z.string().meta({ description: 'The address that the connection came from.' }),
    outcome: accessOutcome,
    requestId: z.string(),
    about: z.string().optional().meta({
      description: 'The prefix of a key, or the id of an account, an owner, a transfer, a proposal or a rebuild.',
    }),
    count: z
      .int()
      .optional()
      .meta({ description: 'So many more of the kind within a minute, of which this is the sum.' }),
  })
  .meta({ id: 'AccessEntry' });

export const accessLogView = z.strictObject({ entries: z.array(accessEntry), nextCursor }).meta({ id: 'AccessLog' });
